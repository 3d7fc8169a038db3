"""What several of the desk's templates say: an account's role, and words of devices."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from desk import roles
from desk.pages import shown_words

register = template.Library()


@register.simple_tag
def role_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """The role's name, or nothing."""
    return roles.role_of(user) or ""


@register.filter
def harmless(words: object) -> str:
    """See ``desk.pages.shown_words``; the template escapes what this returns."""
    return shown_words.harmless(words)
