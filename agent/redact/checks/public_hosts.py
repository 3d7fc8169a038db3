"""Names of machines that everybody asks: which of them is out of reach is the diagnosis, and nobody is named by it.

Carriers let machines to others, or serve all of a region with one: what stands in front of their ending may tell whose
it is. Vendors have none but their own below theirs.
"""

from __future__ import annotations

CARRIERS = tuple(
    b".amazonaws.com .aws.dev .azureedge.net .azure.com .azurewebsites.net .azure-dns.com .windows.net .cloudfront.net "
    b".googleusercontent.com .googleapis.com .googlevideo.com .gstatic.com .google.com .1e100.net .akamai.net "
    b".akamaiedge.net .akamaihd.net .akamaitechnologies.com .edgekey.net .edgesuite.net .fastly.net .fastlylb.net "
    b".cloudflare.com .cloudflare.net .cdn77.org .llnwd.net .fbcdn.net .microsoft.com .office.com .office365.com "
    b".outlook.com .apple.com .icloud.com .ubuntu.com .debian.org .fedoraproject.org .centos.org .github.com "
    b".githubusercontent.com .github.io .gitlab.com .bitbucket.org .docker.com .docker.io "
    b".python.org .sentry.io .slack.com .mongodb.net .heroku.com .herokuapp.com".split()
)
_PUBLIC_HOSTS = frozenset(
    b"gitlab.com bitbucket.org pool.ntp.org time.google.com google.com www.google.com dns.google one.one.one.one "
    b"outlook.office365.com outlook.office.com smtp.office365.com imap.gmail.com smtp.gmail.com accounts.google.com "
    b"www.googleapis.com oauth2.googleapis.com storage.googleapis.com fonts.googleapis.com "
    b"api.datadoghq.com download.windowsupdate.com api.snapcraft.io slack.com hooks.slack.com "
    b"sentry.io api.telegram.org cdn.jsdelivr.net".split()
)
# Makers of software and of services that give no names below their own to customers.
_VENDORS = frozenset(
    b"github.com githubusercontent.com githubassets.com apple.com microsoft.com microsoftonline.com "
    b"windowsupdate.com windows.com office.com live.com msftconnecttest.com msftncsi.com gstatic.com "
    b"cloudflare.com cloudflare-dns.com docker.com docker.io debian.org ubuntu.com fedoraproject.org centos.org "
    b"opensuse.org suse.com redhat.com archlinux.org alpinelinux.org almalinux.org rockylinux.org kernel.org gnu.org "
    b"freebsd.org openbsd.org raspberrypi.org raspberrypi.com launchpad.net canonical.com apache.org eclipse.org "
    b"python.org golang.org go.dev rust-lang.org ruby-lang.org php.net nodejs.org openjdk.org java.com oracle.com "
    b"gradle.org spring.io kubernetes.io k8s.io helm.sh hashicorp.com mozilla.org mozilla.com mozilla.net "
    b"firefox.com chromium.org videolan.org wordpress.org drupal.org openssl.org letsencrypt.org digicert.com "
    b"globalsign.com sectigo.com verisign.com lencr.org quad9.net opendns.com openai.com anthropic.com "
    b"huggingface.co mistral.ai stripe.com paypal.com braintreegateway.com twilio.com sendgrid.com mailgun.net "
    b"newrelic.com bugsnag.com segment.io mixpanel.com amplitude.com launchdarkly.com "
    b"elastic.co mongodb.com mysql.com postgresql.org jetbrains.com adobe.com adobe.io "
    b"intel.com amd.com nvidia.com dropbox.com dropboxapi.com spotify.com netflix.com steampowered.com discord.com "
    b"discord.gg facebook.com instagram.com whatsapp.com whatsapp.net twitter.com linkedin.com telegram.org "
    b"wikipedia.org wikimedia.org".split()
)

# Names that programs give to a machine on every computer: Docker Desktop, Podman, Lima, minikube, k3d, clouds, vCenter
# (single sign-on), Proxmox (realms), Serf.
_GIVEN_BY_PROGRAMS = frozenset(
    b"host.docker.internal gateway.docker.internal kubernetes.docker.internal vm.docker.internal docker.internal "
    b"host.containers.internal host.lima.internal host.minikube.internal control-plane.minikube.internal "
    b"host.k3d.internal host.rancher-desktop.internal metadata.google.internal metadata.goog vsphere.local pam pve "
    b"agent.server.serf.lan agent.server.serf.wan agent.client.serf.lan consul.server.serf.lan nomad.serf.lan".split()
)


def is_public_host(name: bytes) -> bool:
    """Whether ``name``, in lower case, is a machine of a vendor, or of everybody, which names nobody."""
    if name in _PUBLIC_HOSTS or name in _VENDORS or name in _GIVEN_BY_PROGRAMS:
        return True
    while b"." in name:
        name = name.partition(b".")[2]
        if name in _VENDORS:
            return True
    return False
