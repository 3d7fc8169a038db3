import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_relay"),
        ("helpdesk", "0043_fix_on_delete_behaviour"),
    ]

    operations = [
        migrations.CreateModel(
            name="QuarantinedBundle",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bundle_id", models.UUIDField(unique=True)),
                ("number", models.CharField(max_length=18)),
                ("sha256", models.CharField(max_length=64)),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("consent", models.JSONField(default=dict)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quarantined", to="desk.device"
                    ),
                ),
            ],
            options={
                "ordering": ("received_at",),
            },
        ),
    ]
