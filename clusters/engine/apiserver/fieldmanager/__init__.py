"""Who manages which field, and server-side apply, which is made of that."""
