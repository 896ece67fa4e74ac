"""What a user would pick instead, as documented: django-post_office, one Celery task a recipient, a loop."""
