"""Words for things that stand where an account or a person may stand: ``user locale is``, ``assigned to queue``.

None of them is the name of somebody, so they are told apart from people wherever they are found.
"""

from __future__ import annotations

# Parts and properties that a program speaks of: "user theme is dark", "assigned to shard 12", "owner: field is gone".
_NOUNS = frozenset(
    b"locale timezone theme themes quota quotas language languages status statuses feedback namespace "
    b"namespaces scope scopes context contexts store stores picture pictures avatar region regions setting "
    b"port ports cache caches plan plans consent preference notification notifications subscription "
    b"subscriptions license licence licenses payload schema schemas credential credentials permission "
    b"privilege privileges balance billing dashboard workspace keyring registration authentication "
    b"authorization interaction verification validation synchronization sync creation deletion query queries message "
    b"messages object objects record records attribute attributes property properties value values variable "
    b"variables parameter parameters argument arguments option options field fields column columns row rows "
    b"queue queues pool pools node nodes core cores shard shards zone zones partition partitions team teams "
    b"cpu cpus gpu gpus slot slots consumer consumers producer vlan vlans broker brokers topic topics address "
    b"addresses subnet segment segments bucket buckets container containers pod pods volume volumes instance "
    b"instances category categories milestone sprint epic backlog channel channels lane lanes bus socket "
    b"sockets stack heap stream streams element elements expression function method class constant pointer "
    b"buffer slave tier rack rank ring priority provider providers ticket tickets item items number numbers "
    b"without within only still also already never ok okay today yesterday unassigned unowned program "
    b"programs args linux darwin freebsd openbsd netbsd sunos aix cygwin mingw nickname firstname lastname "
    b"fullname bio birthday timestamp version versions counter agreement survey onboarding tour wizard menu "
    b"toolbar icon font fonts color colour layout hook environment env extension extensions dictionary "
    b"found certificate certificates cert terms form forms captcha widget widgets template templates "
    b"whitelist blacklist allowlist denylist mapping mappings hierarchy task tasks bridge drive drives "
    b"project projects interface linter scanner formatter validator compiler experience story stories journey "
    b"guide manual handbook const literal lookup infrastructure sre devops secops helpdesk ops engineering "
    b"marketing finance sales".split()
)
# Types of programming languages and of databases: "username: str", "user: PropTypes.object".
_TYPES = frozenset(
    b"str string strings int int32 int64 integer bool float double decimal char varchar varchar2 nvarchar "
    b"text citext uuid guid bytes bytea optional maybe nullable option list array tuple dict map object any "
    b"never void charfield textfield foreignkey stringfield textbox textview proptypes.string "
    b"proptypes.object proptypes.shape proptypes.any proptypes.node t.string z.string joi.string yup.string "
    b"sequelize.string datatypes.string mongoose.schema promise partial ref notrequired annotated required "
    b"observable subject mono flux future either result keyof typeof readonly interface enum struct "
    b"unsafe.pointer".split()
)
# Programs that create, report and own things, and whose accounts their packages make.
_PROGRAMS = frozenset(
    b"kubelet kube-scheduler kube-proxy kube-controller-manager kubernetes kubectl terraform pulumi helm "
    b"tiller ansible puppet chef saltstack salt-minion argocd argo fluxcd kustomize crossplane cloudformation "
    b"rancher openshift cert-manager prometheus alertmanager grafana loki telegraf influxdb node_exporter "
    b"node-exporter fluentd fluent-bit logstash filebeat metricbeat kibana opensearch zabbix nagios icinga "
    b"netdata collectd carbon graphite jaeger haproxy squid varnish unbound named dnsmasq bind dovecot exim "
    b"opendkim opendmarc memcached minio etcd nomad keepalived corosync pacemaker slurm munge nslcd sssd rpc "
    b"rpcuser libvirt-qemu qemu systemd-oom systemd-coredump dependabot renovate github gitea gogs drone "
    b"buildkite circleci travis teamcity bamboo sonarqube sonar nexus artifactory keycloak airflow superset "
    b"jupyter mosquitto homeassistant plex jellyfin nextcloud pgbouncer clickhouse neo4j solr flink zeppelin "
    b"hive hbase presto trino mailman amavis clamav spamd freerad radiusd snort suricata wazuh ossec splunk "
    b"datadog newrelic dd-agent cloud-init oauth2accesstoken x-access-token x-token-auth gitlab-ci-token "
    b"vmail virtual vhosts runneradmin runner vsts vssadministrator jovyan site codespace gitpod circleci azureuser "
    b"bitnami tcpdump aws azure gcp iis umfd dwm autoscaler facebook stale cloudbuild vmware-client "
    b"dependabot-preview worktree rsyslog rsyslogd journald logrotate goreleaser supervisord letsencrypt certbot cups "
    b"cupsd dhcp dhcpd dhclient systemctl msi msiexec ci scm setup make cmake gcc clang smtp smtpd".split()
)
# What a form and its translations say where a person types an account in: "username": "Benutzername".
_LABELS = frozenset(
    b"benutzer benutzername anmeldename nutzername kennung konto passwort kennwort utilisateur identifiant "
    b"usuario utente gebruiker gebruikersnaam anv\xc3\xa4ndarnamn anv\xc3\xa4ndare brukernavn bruker "
    b"brugernavn bruger k\xc3\xa4ytt\xc3\xa4j\xc3\xa4 k\xc3\xa4ytt\xc3\xa4j\xc3\xa4tunnus "
    b"felhaszn\xc3\xa1l\xc3\xb3 felhaszn\xc3\xa1l\xc3\xb3n\xc3\xa9v u\xc5\xbcytkownik usu\xc3\xa1rio "
    b"kullan\xc4\xb1c\xc4\xb1 u\xc5\xbeivatel".split()
)
# States of an account, and what has none: "Benutzerkonto: gesperrt", "propriétaire : aucun", "操作人: 系统"
_ABROAD = frozenset(
    "aktiv inaktiv aktiviert deaktiviert gesperrt entsperrt offen unbekannt kein keine keiner leer neu alle "
    "alles dienst aufgabenplanung gruppe gruppen computer gerät ja nein actif inactif activé désactivé bloqué "
    "verrouillé inconnu inconnue aucun aucune vide groupe système oui non activo inactivo bloqueado "
    "desconocido ninguno grupo sistema sí attivo inattivo bloccato sconosciuto nessuno gruppo ativo inativo "
    "desconhecido nenhum actief inactief geblokkeerd onbekend geen groep aktywny nieaktywny zablokowany "
    "nieznany brak grupa aktivní neaktivní neznámý skupina aktív ismeretlen nincs etkin yok bilinmiyor okänd "
    "ingen ukjent ukendt tuntematon активен заблокирован неизвестно неизвестен нет система группа 无 未知 系统 正常 "
    "已锁定 锁定 禁用 启用 空 なし 不明 システム 없음 시스템 « » „ “".encode().split()
)
# "Operator: EndImage": operators of PCL XL (class 3.0), of selectors and rules of Kubernetes, Azure and AWS.
_OPERATORS = frozenset(
    b"beginsession endsession beginpage endpage beginfontheader readfontheader endfontheader beginchar readchar "
    b"endchar beginstream readstream endstream execstream removestream beginimage readimage endimage beginscan "
    b"scanlinerel endscan beginrastpattern readrastpattern endrastpattern beginuserdefinedlinecap opendatasource "
    b"closedatasource vendorunique removefont setcharattributes setdefaultgs setcolortreatment setclipreplace "
    b"setbrushsource setcharangle setcharscale setcharshear setcharboldvalue setcharsubmode setclipintersect "
    b"setcliprectangle setcliptopage setcolorspace setcursor setcursorrel sethalftonemethod setfillmode setfont "
    b"setlinedash setlinecap setlinejoin setmiterlimit setpagedefaultctm setpageorigin setpagerotation setpagescale "
    b"setpainttxmode setpensource setpenwidth setrop setsourcetxmode setclipmode setpathtoclip setneutralaxis "
    b"pushgs popgs closesubpath newpath paintpath arcpath beziercurve bezierrelpath chordpath ellipsepath linepath "
    b"linerelpath piepath rectanglepath roundrectanglepath textpath passthrough comment "
    b"in notin exists doesnotexist gt lt gte lte eq neq and or not equal equals notequal notequals greaterthan "
    b"lessthan greaterthanorequal lessthanorequal greaterthanorequalto lessthanorequalto "
    b"greaterthanthreshold lessthanthreshold "
    b"contains notcontains beginswith startswith endswith between matches regex ipmatch geomatch any".split()
)
NO_ACCOUNTS = _NOUNS | _TYPES | _PROGRAMS | _LABELS | _ABROAD | _OPERATORS

# At the end of the name of a group, a firm or a project: "The Kubernetes Authors", "OpenJS Foundation", "Red Hat, Inc."
ORGANISATIONS = frozenset(
    b"authors developers contributors maintainers foundation inc inc. llc ltd ltd. gmbh corp corp. "
    b"corporation company community consortium association institute university technologies solutions labs "
    b"team project organization organisation committee authority apppool b.v. n.v. s.a. s.r.l. ag plc pty kg".split()
)

# Words of firms, offices, programs and forms that stand where a name of two words may: "Zahlung an Deutsche Bank".
NO_NAMES = frozenset(
    b"bank sparkasse volksbank klinikum klinik hospital clinic krankenhaus praxis apotheke stadtwerke stadt gemeinde "
    b"landkreis finanzamt bundesamt amt deutsche deutscher telekom versicherung krankenkasse "
    b"universit\xc3\xa4t universit\xc3\xa9 universidad "
    b"hochschule schule school college academy akademie hotel verein verlag autohaus werke lager filiale "
    b"zentrale standort abteilung vertrieb einkauf buchhaltung personalabteilung kundenservice kundendienst werkstatt "
    b"servizio servizi stampa stampante rete servi\xc3\xa7o dienst tj\xc3\xa4nst skrivare drukarka balancer "
    b"schijf lokale lokal lokala lokalt disco disk locale mapp mappe cartella pasta carpeta adattatore adaptador "
    b"scheda filer gebruikers utenti usu\xc3\xa1rios usuarios helyi lemez verkko verksamhet "
    b"ministerium banque soci\xc3\xa9t\xc3\xa9 mairie banco empresa ayuntamiento banca societ\xc3\xa0 comune "
    b"gemeente stichting "
    b"company firm office group holding partners studio studios media records artists artist various beatles band "
    b"orchestra radio visual word excel outlook powerpoint teams sharepoint acrobat indesign photoshop illustrator "
    b"adobe mozilla firefox thunderbird chrome safari opera apache tomcat nginx visualstudio "
    b"version release build builds payment order orders gateway delivery mail mailer postmaster memory pressure shared "
    b"folder node timeout machine machines learning ethernet battery display engine unit sensor motor "
    b"front rear left right center centre top bottom less greater than equals contains equal any none kunde kunden "
    b"client clients cliente customer customers consumer members readers subscriber subscribers "
    b"welt world nombre completo prenom vorname nachname nom prezentace meeting room conference besprechung termin "
    b"bearbeitung freigabe anfrage auftrag rechnung bestellung lieferung konto kontakt team teams backend frontend "
    b"worker workers queue storage shop store market marketplace online internet web portal console terminal "
    b"progress review language rights assignment main thread mode distribution list standard sata usb copper quality "
    b"assurance author autor author's forwarder enterprise shell call screen desk environment production primary "
    b"secondary directory principal state states setting settings configuration definition defined account "
    b"in on off out up down ready done open closed active inactive pending approved rejected draft status "
    b"test tests runner musterfirma firma centro ubuntu jammy bookworm raspberry stack trace dump "
    b"your ihr ihre votre vostra freundliche viele many thanks danke "
    b"default empty invalid unknown unbekannt unbekannter inconnu desconocido sconosciuto onbekend nieznany "
    b"legacy internal malware virus viruses completed processes multiple read only number nummer gruppe netzwerk "
    b"builder correo recipients undisclosed daemon cron nagios core link regular expression board jira debug parent "
    b"deck flight syntax abstract fehlgeschlagen syst\xc3\xa8me sistema "
    b"external public private guest additions germany deutschland france england united states "
    b"january february march october november december januar februar "
    b"m\xc3\xa4rz juni juli oktober dezember monday tuesday wednesday thursday friday saturday sunday montag "
    b"dienstag mittwoch donnerstag freitag samstag sonntag".split()
)
