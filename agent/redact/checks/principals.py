r"""Accounts, groups and entries of a directory that every installation makes by itself, in the languages of Windows.

Support has to read which of them it was, and they name nobody: ``VORDEFINIERT\Administratoren``, ``Kontoname: Lokaler
Dienst``, ``CN=Configuration``, ``CN=DigiCert Global Root G2``. Sources: Microsoft Learn (well-known SIDs, and what
their names are in translation), the manuals of VMware, Proxmox and of databases, the root programs of browsers.
"""

from __future__ import annotations

import re

# One word each; only ASCII letters differ in their case here, the others are written below in each of both.
_PRINCIPALS = (
    # Windows: an account or a group of one word, beside the English ones
    "administratoren benutzer gäste gast hauptbenutzer jeder netzwerkdienst interaktiv systemdienst "
    "ereignisprotokollleser leistungsprotokollbenutzer leistungsüberwachungsbenutzer remotedesktopbenutzer "
    "remoteverwaltungsbenutzer ersteller-besitzer domänencomputer domänencontroller domänenbenutzer "
    "zertifikatherausgeber replikations-operator gerätebesitzer administrateur administrateurs utilisateurs "
    "invité invités système interactif administrador administradores usuarios invitado invitados todos sistema "
    "convidado convidados utilizadores usuários amministratore amministratori utenti ospite ospiti beheerder "
    "beheerders gebruikers gast gasten iedereen systeem administratorzy użytkownicy gość goście wszyscy "
    "správce správci uživatelé hosté administrátor administrátoři rendszergazda rendszergazdák felhasználók "
    "vendég vendégek mindenki rendszer administratör administratörer användare gäster administratorer brugere "
    "gæster gæst brukere gjester gjest järjestelmänvalvoja järjestelmänvalvojat käyttäjät vieraat vieras "
    "järjestelmä администратор администраторы пользователи гость гости система все yönetici yöneticiler "
    "administrators users guests krbtgt helpassistant support_388945a0 "
    "enterprise protected authenticated distributed authentifizierte authentifiés autentificados "
    # VMware and Proxmox
    "dcui vpxuser vpxd vpxd-extension vsphere-webclient vsphere-ui vmafdd vdcs vcadmin "
    # databases
    "dbo sa sysdba sysoper sysasm sysman dbsnmp outln xdb ctxsys mdsys wmsys ordsys gsmadmin_internal "
    "information_schema mysql.sys "
    "mysql.session mysql.infoschema mariadb.sys debian-sys-maint rdsadmin rds_superuser cloudsqladmin "
    "cloudsqlsuperuser azure_superuser azure_pg_admin pg_monitor pg_read_all_data pg_write_all_data pgbouncer "
    "db2inst1 db2fenc1 dasusr1 distributor_admin"
)
_PHRASES = (
    "local service|network service|local system|local account|anonymous logon|creator owner|creator group|"
    "principal self|enterprise domain controllers|digest authentication|ntlm authentication|this organization|"
    "all application packages|all restricted application packages|trusted installer|"
    "lokaler dienst|lokales system|lokales konto|lokales systemkonto|anonymous-anmeldung|ersteller besitzer|"
    "alle anwendungspakete|service local|service réseau|tout le monde|créateur propriétaire|compte local|système local|"
    "servicio local|servicio de red|sistema local|propietario creador|inicio de sesión anónimo|serviço local|"
    "serviço de rede|servizio locale|servizio di rete|sistema locale|lokale service|netwerkservice|lokaal systeem|"
    "maker eigenaar|usługa lokalna|usługa sieciowa|system lokalny|twórca właściciel|místní služba|síťová služba|"
    "místní systém|helyi szolgáltatás|hálózati szolgáltatás|helyi rendszer|lokal tjänst|nätverkstjänst|"
    "lokalt system|lokal tjeneste|netværkstjeneste|nettverkstjeneste|paikallinen palvelu|verkkopalvelu|"
    "paikallinen järjestelmä|локальная служба|сетевая служба|локальная система|yerel hizmet|ağ hizmeti"
)
# The word that tells a group of many, at the end of its name (Domain Users), or in front (Utilisateurs du domaine).
_GROUPS = (
    "users admins administrators operators guests computers controllers publishers readers owners members servers "
    "benutzer admins administratoren operatoren gäste computer domänencontroller herausgeber besitzer "
    "utilisateurs administrateurs opérateurs invités ordinateurs contrôleurs lecteurs usuarios usuários "
    "administradores operadores invitados convidados equipos computadores controladores utilizadores "
    "utenti amministratori operatori gebruikers beheerders operators gasten użytkownicy administratorzy "
    "operatorzy komputery uživatelé správci felhasználók rendszergazdák användare administratörer brugere brukere "
    "administratorer käyttäjät järjestelmänvalvojat пользователи администраторы операторы"
)
# One for each session, each service of vCenter, each role of PostgreSQL, each service of a cloud.
_SHAPES = re.compile(
    rb"(?:dwm|umfd)-\d{1,4}\Z|(?:vpxd|vsphere-webclient|vsphere-ui|waiter|machine)-[0-9a-f-]{36}\Z|pg_[a-z_]{3,40}\Z|"
    rb"[a-z0-9.-]{2,60}\.(?:amazonaws\.com(?:\.cn)?|googleapis\.com|windows\.net)\Z"
)
_MORE_WORDS = 3
_WORDS = re.compile(rb"[ -]|%20")

# What Active Directory, OpenLDAP, 389 Directory Server and FreeIPA have in every tree.
_ENTRIES = frozenset(
    b"configuration|schema|aggregate|builtin|system|program data|sites|services|policies|partitions|infrastructure|"
    b"deleted objects|adminsdholder|rid manager$|winsockservices|microsoftdns|ntds settings|ntds quotas|"
    b"ntds site settings|keys|tpm devices|managed service accounts|foreignsecurityprincipals|microsoft exchange|"
    b"microsoft exchange system objects|windows nt|directory service|public key services|enrollment services|"
    b"certificate templates|certification authorities|aia|cdp|kra|oid|dfs-configuration|dfsr-globalsettings|"
    b"domain system volume|sysvol share|dfsr-localsettings|sysvol subscription|topology|file replication service|"
    b"ip security|meetings|password settings container|psps|inter-site transports|subnets|group policy|"
    b"default-first-site-name|defaultipsitelink|display specifiers|displayspecifiers|extended-rights|lostandfound|"
    b"lostandfoundconfig|physical locations|wellknown security principals|optional features|claims configuration|"
    b"user|machine|accounts|groups|people|etc|masters|replicas|dns|pbac|kerberos|replica|replication|config|monitor|"
    b"manager|directory manager|mapping tree|plugins|ldbm database|changelog|subschema|rootdse|encryption|features|"
    b"hosts|roles|privileges|permissions|sudo|sudorules|hbac|trusts|users|computers|servers".split(b"|")
)
# The words by which the makers of certificates tell theirs apart: Root, CA, R3, G2, TLS, SHA256.
_CERTIFICATE = re.compile(
    rb"(?i)(?:\A|[ _-])(?:root|sub|issuing|policy|intermediate|ca|cas|pca|certificates?|certification|authority|"
    rb"signing|trustid|trust|ssl|tls|ocsp|timestamp(?:ing)?|time-stamping|codesign|ev|dv|ov|rsa|ecc|ecdsa|sha-?\d{1,3}|class|"
    rb"(?-i:[A-Z])\d{1,2}|ca-?\d{1,2}|domain validation)(?=[ _-]|\Z)"
)


def _forms(words: str, separator: str | None = None) -> frozenset[bytes]:
    """As bytes are when their ASCII letters alone are made small: others keep the case in which they are written."""
    return frozenset(
        form.encode().lower()
        for word in words.split(separator)
        for form in (word, word.upper(), word.capitalize(), word.title())
    )


_PHRASES_OF_WORDS = _forms(_PHRASES, "|")
_NAMES = _forms(_PRINCIPALS) | _PHRASES_OF_WORDS
_MANY = _forms(_GROUPS)
_BEGINNINGS = frozenset(name.partition(b" ")[0] for name in _PHRASES_OF_WORDS)
_NEXT_WORD = re.compile(rb" [^\s,;:()\[\]{}'\"<>=|/\\]{2,24}")


def is_principal(name: bytes) -> bool:
    """An account or a group that comes with a system; ``name`` has its ASCII letters in lower case."""
    if name in _NAMES or _SHAPES.match(name) is not None:
        return True
    words = _WORDS.split(name)
    return len(words) > 1 and (words[-1] in _MANY or words[0] in _MANY)


def begins_principal(value: bytes, lines: bytes, end: int) -> bool:
    """Whether ``value``, which ends at ``end``, is the first word of two or three that name such an account."""
    phrase = value.lower()
    if phrase not in _BEGINNINGS:
        return False
    for _ in range(_MORE_WORDS):
        word = _NEXT_WORD.match(lines, end)
        if word is None:
            break
        phrase, end = phrase + word[0].lower(), word.end()
        if phrase in _NAMES:
            return True
    return False


def is_entry(value: bytes) -> bool:
    """A common name that a directory has by itself, or a certificate of somebody who issues them."""
    name = value.lower().strip()
    return name in _ENTRIES or is_principal(name) or _is_of_issuer(name, value)


def _is_of_issuer(name: bytes, value: bytes) -> bool:
    """A certificate's own name, which Windows makes of the domain, the machine and CA: corp-DC01-CA."""
    return name.endswith(b"-ca") or (b" " in name and _CERTIFICATE.search(value) is not None)
