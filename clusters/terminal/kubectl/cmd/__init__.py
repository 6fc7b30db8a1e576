"""The commands of kubectl: each file is named as upstream's folder below `pkg/cmd`, and has COMMAND."""
