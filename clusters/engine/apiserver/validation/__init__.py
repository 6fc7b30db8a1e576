"""What makes an object wrong, kind by kind.

Models `pkg/apis/core/validation/validation.go` and `pkg/apis/discovery/validation`. Objects have been
filled in by `defaults` before; their types are right, which `schema` saw to where they came from
outside. Left out: fields that nothing here reads.
"""
