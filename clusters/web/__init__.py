"""The cluster's page: server-drawn map, lifelines and inspector, pushed over a WebSocket."""
