"""Every message of Techmino's five endpoints, decoded; one module an endpoint.

Field names and their order are the wire's. `Request` structs are what a client may say with
an `action`; the others are what it is told.
"""
