"""The Celery application. Set BROKER_URL, REDIS_URL and EXPORT_BUCKET."""

import os

from celery import Celery

app = Celery("reports", broker=os.environ["BROKER_URL"], include=["reports.tasks"])
