"""nginx before the site: one configuration for production, for `./run crowd`, for tests and for the bench."""
