"""The tables of who may do what and how they sign in: access, groups, roles, tokens, and signing on elsewhere."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models


class TokenRecord(models.Model):
    """One token for the API. Only a digest of it is kept: who loses it makes another."""

    name = models.CharField(max_length=40, primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    permission = models.CharField(max_length=10)
    role = models.CharField(max_length=40, blank=True)
    scope = models.JSONField(null=True)
    added_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "token"
        ordering = ("name",)
        verbose_name = "token"

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class RoleRecord(models.Model):
    """A role of the site's own: the names of its permissions."""

    name = models.CharField(max_length=40, primary_key=True)
    title = models.CharField(max_length=60)
    permissions = models.JSONField(default=list)

    class Meta:
        """Its table, and what people call it."""

        db_table = "role"
        ordering = ("name",)
        verbose_name = "role"

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class GroupRecord(models.Model):
    """People of one role and scope. `outside` are its names where people sign on elsewhere; the lowest rank counts."""

    name = models.CharField(max_length=40, primary_key=True)
    role = models.CharField(max_length=40)
    scope = models.JSONField(null=True)
    outside = models.JSONField(default=list)
    rank = models.PositiveIntegerField(default=100)

    class Meta:
        """Its table, and what people call it."""

        db_table = "person_group"
        ordering = ("rank", "name")
        verbose_name = "group"

    def __str__(self) -> str:
        """Return its name."""
        return self.name


class PersonAccessRecord(models.Model):
    """What a person may do and see: by a group, else by a role and a scope of their own. A scope of null is everything.

    `telephones_of` is the id of who they are in the directory.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="access")
    role = models.CharField(max_length=40)
    scope = models.JSONField(null=True)
    group = models.ForeignKey(GroupRecord, on_delete=models.PROTECT, null=True, related_name="people")
    telephones_of = models.IntegerField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "person_access"
        verbose_name = "access of a person"

    def __str__(self) -> str:
        """Return whose it is."""
        return str(self.user_id)


class SecondStepRecord(models.Model):
    """The second step of a person's sign-in: the secret of their app, and digests of recovery codes not used yet.

    `last_step` is of which thirty seconds since 1970 the last code was: it opens nothing again.
    """

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="+")
    secret = models.CharField(max_length=64)
    last_step = models.BigIntegerField()
    recovery = models.JSONField(default=list)

    class Meta:
        """Its table, and what people call it."""

        db_table = "second_step"
        verbose_name = "second step"

    def __str__(self) -> str:
        """Return whose it is."""
        return str(self.user_id)


class SignOnRecord(models.Model):
    """A way of signing on elsewhere, `oidc` or `ldap`. `settings` holds option texts by name, secrets among them."""

    kind = models.CharField(max_length=10, primary_key=True)
    settings = models.JSONField(default=dict)

    class Meta:
        """Its table, and what people call it."""

        db_table = "sign_on"
        verbose_name = "sign-on elsewhere"

    def __str__(self) -> str:
        """Return its kind."""
        return self.kind


class OutsidePersonRecord(models.Model):
    """Who a person is where they sign on: an issuer's subject is one person for ever, whatever their name or mail.

    `follows` where their groups there say at each sign-on what they may do; else that is as an administrator set it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="outside")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    follows = models.BooleanField(default=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "outside_person"
        verbose_name = "person elsewhere"
        constraints = (models.UniqueConstraint(fields=("issuer", "subject"), name="one_person_of_an_issuer"),)

    def __str__(self) -> str:
        """Return who it is there."""
        return self.subject


class SignInRulesRecord(models.Model):
    """The one row of a site with rules for signing in: the roles for which a second step is required, `*` for all."""

    two_steps = models.JSONField(default=list)

    class Meta:
        """Its table, and what people call it."""

        db_table = "sign_in_rules"
        verbose_name = "rules for signing in"

    def __str__(self) -> str:
        """Return the roles."""
        return " ".join(self.two_steps)
