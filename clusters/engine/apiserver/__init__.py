"""kube-apiserver: the verbs that read and change objects, and everything that clients are told about them."""
