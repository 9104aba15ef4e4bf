"""Protobuf bodies: our .proto files and what protoc makes of them."""
