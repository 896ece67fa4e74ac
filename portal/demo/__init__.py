"""A living example: ten days of an invented customs service at real places. Only with FAIRWAY_DEMO=1."""
