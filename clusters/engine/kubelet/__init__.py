"""The kubelet of every node, and the container runtime below it."""
