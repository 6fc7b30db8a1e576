"""The site: settings, URLs, browser rules, the landing page. It may import `clusters`, never the reverse."""
