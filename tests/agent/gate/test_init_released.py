"""What is harmless is released once it is redacted: every example of every rule, and lines of much real software."""

import io

import pytest

from agent.gate import GateScan
from agent.redact import LocalFacts, Redactor, load_rules

# Examples that stop a bundle although they are redacted, each with the reason why the gate cannot know better.
EXCEPTIONS: dict[str, str] = {}

# Each of these stopped a whole bundle.
TOLD = r"""
executing mutation login($password: String!) { ok }
password: !vault |
wifi_password: !secret wifi_pw2
DbPassword: !GetAtt Foo.Bar1
private readonly password: string!;
val password: String?
password: required!
Password: Changed!
password=%DBPASS1%
password="#{db_pw1}"
password: sha256
at f(password=0x7ffdeadbeef0)
        checksum/secret: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
parse_token(token=0x55d0c0a1b2c3, n=4)
token = 0x7fff12345678
Secret: kube-system/default-token-x7k2p
"proxy_pass": "backend-v2"
From: noreply@github.com
""".strip("\n").split("\n")

# GraphQL, TypeScript, Swift, Kotlin, Ansible, Home Assistant, CloudFormation, Helm, Kubernetes, SQL, debuggers, nginx.
LINES = r"""
mutation SignUp($input: SignUpInput!, $password: NonEmptyString!) { signUp(input: $input) { id } }
  login(email: String!, password: String!): AuthPayload!
input LoginInput { username: String!, password: Password! }
  resetPassword(token: String!, newPassword: String!): Boolean!
GraphQL: Variable "$password" of required type "String!" was not provided.
  confirmPassword: String
  public password!: string;
  @Column() password?: string | null;
  constructor(private password: string, readonly token: Observable<string>) {}
  password: FormControl<string | null>;
const password = process.env.DB_PASSWORD1!;
export interface Credentials { user: string; password: string; token?: JwtToken2; }
  password: z.string().min(8).max(64),
  password: Joi.string().required().min(8),
  password = this.form.controls.password1!.value;
  passwordHash: varchar("password_hash", { length: 255 }).notNull(),
@IBOutlet weak var password: UITextField!
let password = passwordField.text!
  var password: String? = nil
guard let password = self.credentials2.password?.utf8 else { return }
private var password: SecureString?
    val password = binding.etPassword1.text!!.toString()
data class Login(val user: String, val password: CharArray?)
lateinit var password: TextInputEditText
fun connect(host: String, password: Password?) = TODO()
  ansible_become_password: !vault |
  ansible_ssh_password: !vault-encrypted |
  db_password: !unsafe '{{ vault_db_pw1 }}'
  password: "{{ lookup('env', 'DB_PW1') }}"
  ansible_password: "{{ hostvars[inventory_hostname].vault_pw1 }}"
  login_password: "{{ mysql_root_password2 | default(omit) }}"
  password: !secret mqtt_pw1
  api_password: !env_var HA_PASSWORD1
  password: !include secrets/mqtt1.yaml
mqtt: { username: !secret mqtt_user, password: !secret mqtt_pass2 }
  token: !secret telegram_bot_token_2024
  api_key: !secret openweathermap_api_key1
    MasterUserPassword: !Ref DBPassword1
    MasterUserPassword: !Sub '{{resolve:secretsmanager:${MySecret1}:SecretString:password}}'
    MasterUserPassword: !Join ['', ['{{resolve:secretsmanager:', !Ref Secret1, ':SecretString:password}}']]
    Password: !ImportValue Stack1-DbPassword
    DBPassword: !If [UseRandom1, !Ref RandomPw1, !Ref DbPw2]
    Password: !FindInMap [Env1, !Ref Stage, Pw]
    Password: Fn::GetAtt
      checksum/secret: {{ include (print $.Template.BasePath "/secret.yaml") . | sha256sum }}
        checksum/config-secret: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        checksum/api-token: 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
      checksum/tls-secret: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9"
          checksum/secret: da39a3ee5e6b4b0d3255bfef95601890afd80709
    STAKATER_GRAFANA_SECRET: 5feceb66ffc86f38d952786c6d696c79c2dbc239
sha256(secret): 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  existingSecret: my-release-postgresql-14
  secret: my-release-postgresql-x7k2p
Secret: cert-manager/letsencrypt-prod-account2
Warning  FailedMount  MountVolume.SetUp failed for volume "token" : secret "default-token-9xk2v" not found
  Type:        Secret (a volume populated by a Secret)
Secret: monitoring/sh.helm.release.v1.prometheus.v12
    secret: istio-system/istio-ingressgateway-certs-2024
token: kubernetes.io/service-account-token/v1beta1
DB_PASSWORD=__DB_PASSWORD1__
password: @DB_PASSWORD1@
password: @@DB_PW1@@
spring.datasource.password=@db.password1@
password=#{systemProperties['db.pw1']}
password: #{DbPassword1}#
password="<%= ENV['DB_PW1'] %>"
password: '<%= Rails.application.credentials.db_pw1 %>'
password: ENC(DbPw1)
password: env(DB_PASSWORD1)
password: '%env(DB_PASSWORD1)%'
password: %(db_pw1)s
set PASSWORD=%DB_PASSWORD1%
net use z: \\srv\share /user:x password=%ADPW2%
set TOKEN=%CI_JOB_TOKEN_2%
password=!DBPASS1!
password: $(DB_PW1)
password: ~{db_pw1}
WHERE username = :user1 AND password = :password1
UPDATE users SET password=@p1, salt=@p2 WHERE id=@p3
password = $2
password: sha-512
password: bcrypt
password: argon2id
password_encryption = scram-sha-256
password: AES256
hashPassword: pbkdf2_sha256
password: varchar2
password: utf8mb4
password: uint8_t*
  password: bytes32
password: Option<String>
password: Optional[SecretStr] = None
  password: SecretStr = Field(..., min_length=8)
password: str | None = None
func Login(user string, password string) error
#0  0x00007f3c in auth (user=0x55d0 "bo", password=0x0) at auth.c:12
  frame #1: 0x1a2b app`-[Login password:](self=0x600003a1, _cmd="x", password=0x000060000025d1c0) at Login.m:3
password = 0x00007ff7bfeff1a8
  token = 0x00000001006041f0
secret=0xffff888003a1b2c3
main.connect(password=0xc000123456, 0x10)
Passwords: 12 checked
Password: Required!
Password: Incorrect!
Password: Updated!
password: mismatch!
Password: Forgot?
Password: Optional?
password: ok!
  "password": "string!"
"passwordPolicy": "min8chars"
proxy_pass: backend_servers2
"fastcgi_pass": "php8.2-fpm"
"fastcgi_pass": "127.0.0.1:9000"
"grpc_pass": "grpc-backend1"
"proxy_pass": "app_upstream_1"
uwsgi_pass = uwsgi-app1:3031
From: noreply@github.com
Author: GitHub <noreply@github.com>
Signed-off-by: dependabot[bot] <support@github.com>
committer GitHub <noreply@github.com> 1700000000 +0000
token: 2026-03-15T18:20:11Z
Token: refreshed at 2026-03-15T18:20:11Z
secret: /run/secrets/db_password1
private_key: certs/server-2024-prod.key
api-key: header-name-x-api-key2
token=Identifier_12345
  tokenType: Bearer2
csrf_token: {{ csrf_token_1() }}
SecretsManager secret: prod/db/password1
aws_secret: prod/app1/db-credentials-2024
vault: secret/data/app1#password2
password: vault:secret/data/app1#password2
password: op://Private1/db/password2
password: ref+vault://secret/app1#/pw2
Key: password, Value: [len=12]
password: <set to the key 'db-pw1' in secret 'app1'>  Optional: false
      DB_PASSWORD:  <set to the key 'pw1' of config map 'x'>
ENV password=${pw1:-changeme2}
--password-stdin1
password: see 1Password!
password: not-set1
password: field2
password: column_3
"password": {"type": "string", "minLength": 8}
"password": "$2y$10$..."
password=*HIDDEN1*
password: REDACTED-12
password: [FILTERED1]
username= password= host=db1 port=5432
user=bo password= database=app2
""".strip("\n").split("\n")


@pytest.fixture(scope="module")
def redactor():
    return Redactor(load_rules(), b"k" * 32, LocalFacts())


def redacted(redactor, text):
    out = io.BytesIO()
    redactor.stream(io.BytesIO(text.encode() + b"\n"), out, path="logs/a.log", media_type="text/plain")
    return out.getvalue()


def stopped(redactor, texts):
    """Which of ``texts``, by name, stop a bundle that holds it redacted, and by which rules."""
    gate = GateScan()
    for name, text in texts.items():
        sink = gate.sink(name)
        sink.write(redacted(redactor, text))
        sink.close()
    return {find.member: find.rule for find in gate.report([]).finds}


def test_every_example_of_every_rule_is_released_once_it_is_redacted(redactor):
    texts = {}
    for rule in load_rules().rules:
        for kind, examples in (("miss", rule.misses), ("hit", [hit.text for hit in rule.hits])):
            texts |= {f"{rule.name} {kind} {number}: {text}": text for number, text in enumerate(examples)}
    assert len(texts) > 3000
    assert stopped(redactor, texts).keys() == EXCEPTIONS.keys()


@pytest.mark.parametrize("lines", [TOLD, LINES], ids=["told", "more"])
def test_harmless_lines_of_programs_are_released(redactor, lines):
    assert stopped(redactor, dict(zip(lines, lines, strict=True))) == {}


def test_there_are_many_harmless_lines():
    assert len(set(LINES)) >= 130
