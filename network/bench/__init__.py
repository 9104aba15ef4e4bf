"""`parlour bench`: each bar of the design against its baseline, in one run."""
