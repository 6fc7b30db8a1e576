"""kube-controller-manager: one file a controller."""
