"""A poll and its choices."""

from django.db import models


class Poll(models.Model):
    question = models.CharField(max_length=200)
    picture = models.FileField(upload_to="pictures", blank=True)


class Choice(models.Model):
    poll = models.ForeignKey(Poll, on_delete=models.CASCADE, related_name="choices")
    text = models.CharField(max_length=200)
    votes = models.IntegerField(default=0)
