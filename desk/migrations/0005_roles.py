"""Champions of a desk from before roles worked every queue, and go on doing so."""

from django.conf import settings
from django.db import migrations


def give_every_queue(apps, _schema_editor):
    """Give each the permission of each queue."""
    label, name = settings.AUTH_USER_MODEL.split(".")
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="helpdesk", codename__startswith="queue_access_"
    )
    for account in apps.get_model(label, name).objects.filter(is_staff=True, is_superuser=False):
        account.user_permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = (
        ("desk", "0004_collection_requests"),
        ("helpdesk", "0043_fix_on_delete_behaviour"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )
    operations = (migrations.RunPython(give_every_queue, migrations.RunPython.noop),)
