"""What kubectl prints of objects: pure functions from JSON-shaped dicts to text.

Models cli-runtime's `pkg/printers` and `pkg/genericclioptions`, and the libraries under them as far as their
output shows: go-yaml's emitter, encoding/json, text/template, text/tabwriter, client-go's jsonpath.
"""
