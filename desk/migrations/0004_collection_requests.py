import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0003_quarantine"),
        ("helpdesk", "0043_fix_on_delete_behaviour"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("who", models.CharField(max_length=200)),
                ("what", models.CharField(max_length=64)),
                ("about", models.CharField(max_length=200)),
                ("detail", models.CharField(blank=True, default="", max_length=1000)),
                ("previous", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "ordering": ("pk",),
            },
        ),
        migrations.AddField(
            model_name="device",
            name="agent_version",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="device",
            name="group",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.AddField(
            model_name="device",
            name="host",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="device",
            name="next_credential_digest",
            field=models.CharField(blank=True, default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="device",
            name="next_public_id",
            field=models.CharField(blank=True, db_index=True, default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="device",
            name="operating_system",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="device",
            name="public_key",
            field=models.CharField(blank=True, default="", editable=False, max_length=128),
        ),
        migrations.AddField(
            model_name="device",
            name="remote_policy",
            field=models.CharField(blank=True, default="", max_length=16),
        ),
        migrations.AddField(
            model_name="device",
            name="remote_profiles",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="enrollmenttoken",
            name="group",
            field=models.CharField(blank=True, default="", max_length=64),
        ),
        migrations.CreateModel(
            name="CollectionRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("profile", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=1000)),
                ("since_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("not_before", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("envelope", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for the computer"),
                            ("delivered", "reached the computer"),
                            ("asking", "waiting for the person"),
                            ("gathering", "gathering"),
                            ("uploading", "uploading"),
                            ("done", "done"),
                            ("declined", "declined by the person"),
                            ("refused", "refused by the computer"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("expired", "expired"),
                        ],
                        default="waiting",
                        max_length=16,
                    ),
                ),
                ("words", models.CharField(blank=True, default="", max_length=1000)),
                (
                    "bundle",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="asked_for_by",
                        to="desk.bundle",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collection_requests",
                        to="desk.device",
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="collection_requests",
                        to="helpdesk.ticket",
                    ),
                ),
            ],
            options={
                "ordering": ("-made_at",),
            },
        ),
        migrations.CreateModel(
            name="RequestEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting for the computer"),
                            ("delivered", "reached the computer"),
                            ("asking", "waiting for the person"),
                            ("gathering", "gathering"),
                            ("uploading", "uploading"),
                            ("done", "done"),
                            ("declined", "declined by the person"),
                            ("refused", "refused by the computer"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("expired", "expired"),
                        ],
                        max_length=16,
                    ),
                ),
                ("words", models.CharField(blank=True, default="", max_length=1000)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "device",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="desk.device"),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="desk.collectionrequest"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="helpdesk.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "indexes": [
                    models.Index(fields=["device", "id"], name="desk_reques_device__707444_idx"),
                    models.Index(fields=["ticket", "id"], name="desk_reques_ticket__c4911f_idx"),
                ],
            },
        ),
    ]
