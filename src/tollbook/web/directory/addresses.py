"""Which address shows what of the directory."""

from __future__ import annotations

from django.urls import path

from tollbook.web.directory import assignment_pages as extensions
from tollbook.web.directory import department_pages as departments
from tollbook.web.directory import file_pages as files
from tollbook.web.directory import people_pages as people
from tollbook.web.directory import phone_book_pages as numbers

urlpatterns = [
    path("directory/", people.people, name="directory"),
    path("directory/people/add/", people.add, name="directory-person-add"),
    path("directory/people/<int:number>/", people.person, name="directory-person"),
    path("directory/people/<int:number>/edit/", people.edit, name="directory-person-edit"),
    path("directory/people/<int:number>/move/", people.move, name="directory-person-move"),
    path("directory/people/<int:number>/end/", people.end, name="directory-person-end"),
    path("directory/people/<int:number>/remove/", people.remove, name="directory-person-remove"),
    path("directory/moves/<int:number>/undo/", people.undo, name="directory-move-undo"),
    path("directory/departments/", departments.departments, name="directory-departments"),
    path("directory/departments/add/", departments.add, name="directory-department-add"),
    path("directory/departments/<int:number>/", departments.edit, name="directory-department"),
    path("directory/departments/<int:number>/remove/", departments.remove, name="directory-department-remove"),
    path("directory/cost-centres/add/", departments.add_cost_centre, name="directory-cost-centre-add"),
    path("directory/cost-centres/<int:number>/", departments.edit_cost_centre, name="directory-cost-centre"),
    path(
        "directory/cost-centres/<int:number>/remove/",
        departments.remove_cost_centre,
        name="directory-cost-centre-remove",
    ),
    path("directory/extensions/", extensions.extension_list, name="directory-extensions"),
    path("directory/extensions/unnamed/", extensions.unnamed, name="directory-unnamed"),
    path("directory/extensions/add/", extensions.add, name="directory-extension-add"),
    path("directory/extensions/<int:number>/", extensions.edit, name="directory-extension"),
    path("directory/extensions/<int:number>/end/", extensions.end, name="directory-extension-end"),
    path("directory/extensions/<int:number>/remove/", extensions.remove, name="directory-extension-remove"),
    path("directory/phone-book/", numbers.phone_book, name="directory-phone-book"),
    path("directory/phone-book/add/", numbers.add, name="directory-number-add"),
    path("directory/phone-book/<int:number>/", numbers.edit, name="directory-number"),
    path("directory/phone-book/<int:number>/remove/", numbers.remove, name="directory-number-remove"),
    path("directory/from-file/<slug:name>/", files.from_file, name="directory-file"),
    path("directory/as-file/<slug:name>.csv", files.as_file, name="directory-download"),
]
