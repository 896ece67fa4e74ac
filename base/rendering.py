"""Forms as the house draws them: label, hint and error beside their cause, each tied to its control."""

from django.forms.renderers import TemplatesSetting


class HouseForms(TemplatesSetting):
    form_template_name = "partials/form.html"
    field_template_name = "partials/field.html"
