"""What clients say and are told, decoded: shapes without bytes."""
