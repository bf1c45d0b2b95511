"""The tables of the directory. No id is given twice, so that calls can name an assignment by it.

Days are those of a PBX's wall time: something holds from the beginning of its first day until that of `until`.
"""

from __future__ import annotations

from django.db import models

from tollbook.model.directory import Assignment, CostCentre
from tollbook.site.directory.values import KnownDepartment, KnownNumber, KnownPerson, read_kind

LONGEST_NAME, LONGEST_VALUE, LONGEST_CODE, LONGEST_MAIL, LONGEST_NOTE = 120, 80, 40, 200, 1000


class PersonRecord(models.Model):
    """Somebody whose telephone it is. A mail is of one person; two of a name differ by their mail."""

    name = models.CharField(max_length=LONGEST_NAME)
    mail = models.CharField(max_length=LONGEST_MAIL, blank=True)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "directory_person"
        ordering = ("name", "id")
        verbose_name = "person"

    def __str__(self) -> str:
        """Return the name, and the mail where there is one."""
        return f"{self.name} <{self.mail}>" if self.mail else self.name

    def value(self) -> KnownPerson:
        """Return all that is known of the person."""
        return KnownPerson(
            id=self.pk,
            name=self.name,
            mail=self.mail,
            note=self.note,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class DepartmentRecord(models.Model):
    """A part of the organisation; within its parent a name is of one."""

    name = models.CharField(max_length=LONGEST_NAME)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    company = models.CharField(max_length=LONGEST_NAME, blank=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "directory_department"
        ordering = ("name", "id")
        verbose_name = "department"

    def __str__(self) -> str:
        """Return its name."""
        return self.name

    def value(self, path: str) -> KnownDepartment:
        """Return all that is known of the department."""
        return KnownDepartment(
            id=self.pk,
            name=self.name,
            path=path,
            parent=self.parent_id,
            company=self.company,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class CostCentreRecord(models.Model):
    """What calls are charged to."""

    code = models.CharField(max_length=LONGEST_CODE, unique=True)
    name = models.CharField(max_length=LONGEST_NAME, blank=True)

    class Meta:
        """Its table, and what people call it."""

        db_table = "directory_cost_centre"
        ordering = ("code",)
        verbose_name = "cost centre"

    def __str__(self) -> str:
        """Return its code."""
        return self.code

    def value(self) -> CostCentre:
        """Return the cost centre."""
        return CostCentre(self.pk, self.code, self.name)


class AssignmentRecord(models.Model):
    """Whose an extension, a code or a trunk was, from when until when."""

    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=LONGEST_VALUE)
    pbx = models.CharField(max_length=40, blank=True)
    first = models.DateField(null=True)
    until = models.DateField(null=True)
    person = models.ForeignKey(PersonRecord, on_delete=models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(DepartmentRecord, on_delete=models.PROTECT, null=True, related_name="+")
    cost_centre = models.ForeignKey(CostCentreRecord, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        """Its table, and how what is asked of one value is found."""

        db_table = "directory_assignment"
        ordering = ("kind", "value", "pbx", models.F("first").asc(nulls_first=True), "id")
        verbose_name = "assignment"
        indexes = (models.Index(fields=("kind", "value"), name="assignment_by_value"),)

    def __str__(self) -> str:
        """Return what is assigned."""
        return f"{self.kind.replace('_', ' ')} {self.value}"

    def as_value(self) -> Assignment:
        """Return the assignment as the engine knows it."""
        return Assignment(
            id=self.pk,
            kind=read_kind(self.kind),
            value=self.value,
            pbx=self.pbx,
            first=self.first,
            until=self.until,
            person=self.person_id,
            department=self.department_id,
            cost_centre=self.cost_centre_id,
        )


class LdapPersonRecord(models.Model):
    """Whose entry of LDAP is whose: by its unique id, whatever it is called; `ended` when it is there no longer."""

    unique_id = models.CharField(max_length=100, unique=True)
    person = models.ForeignKey(PersonRecord, on_delete=models.CASCADE, related_name="+")
    ended = models.BooleanField(default=False)

    class Meta:
        """Its table."""

        db_table = "directory_ldap_person"

    def __str__(self) -> str:
        """Return the unique id."""
        return self.unique_id


class LdapSettingsRecord(models.Model):
    """The one LDAP server that people are read from: option texts by name, the password among them."""

    settings = models.JSONField(default=dict)
    read_at = models.DateTimeField(null=True)
    read = models.JSONField(default=dict)

    class Meta:
        """Its table; `read` is what came of reading at `read_at`."""

        db_table = "directory_ldap"

    def __str__(self) -> str:
        """Return the address of the server."""
        return str(self.settings.get("url", ""))


class MoveRecord(models.Model):
    """A move, and what it takes to undo it: the assignments it touched, as they were and as they became, by id."""

    name = models.CharField(max_length=150)
    on = models.DateField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    moved_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """Its table, newest first."""

        db_table = "directory_move"
        ordering = ("-id",)

    def __str__(self) -> str:
        """Say who moved, and when."""
        return f"{self.name}: {self.on}"


class PhoneBookRecord(models.Model):
    """Whose an outside number or a block of them is."""

    number = models.CharField(max_length=16)
    block = models.BooleanField(default=False)
    name = models.CharField(max_length=LONGEST_NAME)
    company = models.CharField(max_length=LONGEST_NAME, blank=True)
    tags = models.JSONField(default=list)
    private = models.BooleanField(default=False)
    unlisted = models.BooleanField(default=False)

    class Meta:
        """Its table; a number and a block of the same digits are two entries."""

        db_table = "directory_phone_book"
        ordering = ("number", "block")
        verbose_name = "phone book entry"
        constraints = (models.UniqueConstraint(fields=("number", "block"), name="phone_book_number"),)

    def __str__(self) -> str:
        """Return the number, a block with its star."""
        return f"{self.number}*" if self.block else self.number

    def value(self) -> KnownNumber:
        """Return all that is known of the number."""
        return KnownNumber(
            id=self.pk,
            number=str(self),
            name=self.name,
            company=self.company,
            tags=tuple(self.tags),
            private=self.private,
            unlisted=self.unlisted,
        )
