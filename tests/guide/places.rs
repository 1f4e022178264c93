//! The places and the references: templates only, no values.

/// The kind of value in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Letters and digits from a password generator.
    Password,
    /// A GitHub token with a correct checksum.
    GitHub,
    /// An npm token with a correct checksum.
    Npm,
    /// 32 random bytes in base64.
    Base64Secret,
    /// A password in base64.
    Base64Password,
    /// `user:password` in base64.
    Base64Pair,
    /// A Vault token of 24 characters, the form of root tokens.
    VaultRoot,
    /// A Vault service token.
    VaultService,
    /// A Vault batch token.
    VaultBatch,
    /// An AWS secret access key.
    AwsSecret,
    /// 32 hexadecimal digits.
    Hex32,
    /// An Erlang cookie.
    Cookie,
    /// A random UUID.
    Uuid,
    /// A private key in PEM, in base64.
    PemBase64,
}

/// A place. In the text, `{{VALUE}}` is the credential, `KEYID` the AWS key id that belongs to it,
/// and `OTHER` some hexadecimal identifier.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) text: &'static str,
    pub(crate) value: Value,
}

impl Place {
    /// Returns whether the value is in base64.
    pub(crate) fn encoded(&self) -> bool {
        matches!(
            self.value,
            Value::Base64Password | Value::Base64Pair | Value::PemBase64
        )
    }
}

macro_rules! places {
    ($($name:literal, $path:literal, $value:ident, $text:literal;)*) => {
        &[$(Place { name: $name, path: $path, text: $text, value: Value::$value },)*]
    };
}

pub(crate) const PLACES: &[Place] = places! {
    // HashiCorp Vault.
    "vault init, root token", "docs/vault.txt", VaultRoot, "Initial Root Token: {{VALUE}}\n";
    "vault init, unseal key", "docs/vault.txt", Base64Secret, "Unseal Key 1: {{VALUE}}\n";
    "vault init, recovery key", "docs/vault.txt", Base64Secret, "Recovery Key 1: {{VALUE}}\n";
    "vault init, json", "init.json", Base64Secret, "{\n  \"unseal_keys_b64\": [\n    \"{{VALUE}}\"\n  ],\n  \"unseal_shares\": 1\n}\n";
    "vault token in the environment", "run.sh", VaultService, "export VAULT_TOKEN={{VALUE}}\n";
    "vault batch token", "run.sh", VaultBatch, "export VAULT_TOKEN={{VALUE}}\n";
    "vault login", "run.sh", VaultRoot, "vault login {{VALUE}}\n";
    "vault operator unseal", "run.sh", Base64Secret, "vault operator unseal {{VALUE}}\n";
    "vault kv put", "run.sh", Password, "vault kv put secret/app/db username=app password={{VALUE}}\n";
    "vault kv put, quoted", "run.sh", Password, "vault kv put -mount=secret app/db username=\"app\" password=\"{{VALUE}}\"\n";
    "vault write", "run.sh", Password, "vault write database/config/pg username=\"root\" password=\"{{VALUE}}\"\n";
    "vault kv patch", "run.sh", Password, "vault kv patch secret/app api_key={{VALUE}}\n";
    "vault approle login", "run.sh", Uuid, "vault write auth/approle/login role_id=app secret_id={{VALUE}}\n";
    // AWS.
    "aws create-secret, json", "run.sh", Password, "aws secretsmanager create-secret --name db --secret-string '{\"username\":\"app\",\"password\":\"{{VALUE}}\"}'\n";
    "aws create-secret, plain", "run.sh", Password, "aws secretsmanager create-secret --name db --secret-string '{{VALUE}}'\n";
    "aws create-secret, bare", "run.sh", Password, "aws secretsmanager create-secret --name db --secret-string {{VALUE}}\n";
    "aws create-secret, escaped json", "run.sh", Password, "aws secretsmanager put-secret-value --secret-id db --secret-string \"{\\\"username\\\":\\\"app\\\",\\\"password\\\":\\\"{{VALUE}}\\\"}\"\n";
    "aws ssm put-parameter", "run.sh", Password, "aws ssm put-parameter --name /app/db --type SecureString --value '{{VALUE}}'\n";
    "aws ssm put-parameter, value first", "run.sh", Password, "aws ssm put-parameter --name /app/db --value \"{{VALUE}}\" --type SecureString --overwrite\n";
    "aws rds create", "run.sh", Password, "aws rds create-db-instance --master-username app --master-user-password {{VALUE}}\n";
    "aws credentials file", ".aws/credentials", AwsSecret, "[default]\naws_access_key_id = KEYID\naws_secret_access_key = {{VALUE}}\n";
    "aws configure set", "run.sh", AwsSecret, "aws configure set aws_secret_access_key {{VALUE}}\n";
    "aws keys in a workflow", ".github/workflows/ci.yml", AwsSecret, "    env:\n      AWS_ACCESS_KEY_ID: KEYID\n      AWS_SECRET_ACCESS_KEY: {{VALUE}}\n";
    "aws keys in a workflow step", ".github/workflows/ci.yml", AwsSecret, "      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-access-key-id: KEYID\n          aws-secret-access-key: {{VALUE}}\n";
    "cloudformation", "template.yml", Password, "      MasterUsername: app\n      MasterUserPassword: {{VALUE}}\n";
    // Terraform.
    "terraform secret_string, json", "main.tf", Password, "resource \"aws_secretsmanager_secret_version\" \"db\" {\n  secret_id     = aws_secretsmanager_secret.db.id\n  secret_string = jsonencode({\n    username = \"app\"\n    password = \"{{VALUE}}\"\n  })\n}\n";
    "terraform secret_string, plain", "main.tf", Password, "resource \"aws_secretsmanager_secret_version\" \"db\" {\n  secret_id     = aws_secretsmanager_secret.db.id\n  secret_string = \"{{VALUE}}\"\n}\n";
    "terraform key vault secret", "main.tf", Password, "resource \"azurerm_key_vault_secret\" \"db\" {\n  name         = \"db\"\n  value        = \"{{VALUE}}\"\n  key_vault_id = azurerm_key_vault.main.id\n}\n";
    "terraform ssm parameter", "main.tf", Password, "resource \"aws_ssm_parameter\" \"db\" {\n  name  = \"/app/db\"\n  type  = \"SecureString\"\n  value = \"{{VALUE}}\"\n}\n";
    "terraform vault secret", "main.tf", Password, "resource \"vault_kv_secret_v2\" \"db\" {\n  mount = \"kv\"\n  name  = \"db\"\n  data_json = jsonencode({ password = \"{{VALUE}}\" })\n}\n";
    "terraform gcp secret", "main.tf", Password, "resource \"google_secret_manager_secret_version\" \"db\" {\n  secret      = google_secret_manager_secret.db.id\n  secret_data = \"{{VALUE}}\"\n}\n";
    "terraform provider, aws", "main.tf", AwsSecret, "provider \"aws\" {\n  region     = \"eu-west-1\"\n  access_key = \"KEYID\"\n  secret_key = \"{{VALUE}}\"\n}\n";
    "terraform provider, azure", "main.tf", Password, "provider \"azurerm\" {\n  features {}\n  client_secret = \"{{VALUE}}\"\n}\n";
    "terraform provider, password", "main.tf", Password, "provider \"postgresql\" {\n  host     = \"db\"\n  username = \"app\"\n  password = \"{{VALUE}}\"\n}\n";
    "terraform connection", "main.tf", Password, "  connection {\n    type     = \"ssh\"\n    user     = \"root\"\n    password = \"{{VALUE}}\"\n    host     = self.public_ip\n  }\n";
    "terraform tfvars", "prod.tfvars", Password, "db_user     = \"app\"\ndb_password = \"{{VALUE}}\"\n";
    "terraform variable default", "variables.tf", Password, "variable \"db_password\" {\n  type    = string\n  default = \"{{VALUE}}\"\n}\n";
    "terraform TF_VAR", "run.sh", Password, "export TF_VAR_db_password={{VALUE}}\n";
    "terraform state", "terraform.tfstate", Password, "            \"master_username\": \"app\",\n            \"master_password\": \"{{VALUE}}\",\n";
    // Azure and Google.
    "az keyvault secret set", "run.sh", Password, "az keyvault secret set --vault-name kv --name db --value {{VALUE}}\n";
    "az keyvault secret set, quoted", "run.sh", Password, "az keyvault secret set --name \"db\" --vault-name \"kv\" --value \"{{VALUE}}\"\n";
    "az keyvault secret set, lines", "run.sh", Password, "az keyvault secret set \\\n  --vault-name kv \\\n  --name db \\\n  --value '{{VALUE}}'\n";
    "az login", "run.sh", Password, "az login --service-principal -u OTHER -p {{VALUE}} --tenant contoso\n";
    "az sql server create", "run.sh", Password, "az sql server create -n srv --admin-user app --admin-password {{VALUE}}\n";
    "Set-AzKeyVaultSecret", "run.ps1", Password, "$s = ConvertTo-SecureString \"{{VALUE}}\" -AsPlainText -Force\n";
    "gcloud secrets", "run.sh", Password, "echo -n \"{{VALUE}}\" | gcloud secrets create db --data-file=-\n";
    "gcloud sql users", "run.sh", Password, "gcloud sql users set-password app --instance=db --password={{VALUE}}\n";
    "arm template parameter", "azuredeploy.parameters.json", Password, "  \"parameters\": {\n    \"adminPassword\": {\n      \"value\": \"{{VALUE}}\"\n    }\n  }\n";
    // Kubernetes.
    "kubernetes secret, stringData", "secret.yaml", Password, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\nstringData:\n  username: app\n  password: {{VALUE}}\n";
    "kubernetes secret, stringData, other name", "secret.yaml", Password, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  pgbouncer: {{VALUE}}\n";
    "kubernetes secret, data", "secret.yaml", Base64Password, "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\n  labels:\n    app: db\ntype: Opaque\ndata:\n  password: {{VALUE}}\n  username: YXBw\n";
    "kubernetes secret, data, other name", "secret.yaml", Base64Password, "apiVersion: v1\ndata:\n  pgbouncer: {{VALUE}}\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\n";
    "kubernetes secret, json", "secret.json", Base64Password, "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Secret\",\n  \"metadata\": { \"name\": \"db\" },\n  \"data\": {\n    \"password\": \"{{VALUE}}\"\n  }\n}\n";
    "kubernetes secret in a list", "all.yaml", Base64Password, "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: db\n  data:\n    DB_PASSWORD: {{VALUE}}\n";
    "kubernetes secret, tls.key", "tls.yaml", PemBase64, "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\ndata:\n  tls.key: {{VALUE}}\n";
    "kubectl create secret", "run.sh", Password, "kubectl create secret generic db --from-literal=username=app --from-literal=password={{VALUE}}\n";
    "kubectl create docker-registry", "run.sh", Password, "kubectl create secret docker-registry reg --docker-username=app --docker-password={{VALUE}}\n";
    "kubernetes env value", "deploy.yaml", Password, "        env:\n        - name: DB_PASSWORD\n          value: {{VALUE}}\n";
    "kubernetes env value, quoted", "deploy.yaml", Password, "        env:\n        - name: DB_PASSWORD\n          value: \"{{VALUE}}\"\n";
    "kubeconfig, token", ".kube/config", Base64Secret, "users:\n- name: admin\n  user:\n    token: {{VALUE}}\n";
    "kubeconfig, client key", ".kube/config", PemBase64, "users:\n- name: admin\n  user:\n    client-key-data: {{VALUE}}\n";
    "kubeconfig, password", ".kube/config", Password, "users:\n- name: admin\n  user:\n    username: admin\n    password: {{VALUE}}\n";
    "helm values", "values.yaml", Password, "postgresql:\n  auth:\n    postgresPassword: {{VALUE}}\n";
    "helm --set", "run.sh", Password, "helm install db bitnami/postgresql --set auth.postgresPassword={{VALUE}}\n";
    // Files that tools write.
    "docker config", ".docker/config.json", Base64Pair, "{\n  \"auths\": {\n    \"registry.acme.io\": {\n      \"auth\": \"{{VALUE}}\"\n    }\n  }\n}\n";
    "docker login", "run.sh", Password, "docker login -u deployer -p {{VALUE}} registry.acme.io\n";
    "docker login, long", "run.sh", Password, "docker login --username deployer --password {{VALUE}} registry.acme.io\n";
    "echo to docker login", "run.sh", Password, "echo \"{{VALUE}}\" | docker login -u deployer --password-stdin\n";
    "npmrc, token", ".npmrc", Npm, "//registry.npmjs.org/:_authToken={{VALUE}}\n";
    "npmrc, auth", ".npmrc", Base64Pair, "_auth={{VALUE}}\nemail=dev@acme.io\n";
    "npmrc, scoped auth", ".npmrc", Base64Pair, "//npm.acme.io/:_auth=\"{{VALUE}}\"\n";
    "npmrc, password", ".npmrc", Base64Password, "//npm.acme.io/:username=deployer\n//npm.acme.io/:_password=\"{{VALUE}}\"\n";
    "yarnrc", ".yarnrc.yml", Password, "npmAuthToken: \"{{VALUE}}\"\n";
    "netrc", ".netrc", Password, "machine api.acme.io login deployer password {{VALUE}}\n";
    "netrc, lines", ".netrc", Password, "machine api.acme.io\n  login deployer\n  password {{VALUE}}\n";
    "pgpass", ".pgpass", Password, "db.acme.io:5432:app:deployer:{{VALUE}}\n";
    "my.cnf", ".my.cnf", Password, "[client]\nuser=app\npassword={{VALUE}}\n";
    "pypirc", ".pypirc", Password, "[pypi]\nusername = deployer\npassword = {{VALUE}}\n";
    "pip.conf", "pip.conf", Password, "[global]\nindex-url = https://deployer:{{VALUE}}@pypi.acme.io/simple\n";
    "htpasswd in plain text", "www/.htpasswd", Password, "deployer:{{VALUE}}\n";
    "htpasswd in plain text, more users", ".htpasswd", Password, "deployer:{{VALUE}}\nguest:OTHER\n";
    "nginx password file", "nginx/users", Password, "# staff\ndeployer:{PLAIN}{{VALUE}}\n";
    "htpasswd command", "Dockerfile", Password, "RUN htpasswd -Bbn deployer {{VALUE}} > /auth/htpasswd\n";
    "htpasswd command, file", "run.sh", Password, "htpasswd -b -c /etc/nginx/.htpasswd deployer {{VALUE}}\n";
    "htpasswd command, cost", "run.sh", Password, "htpasswd -nbB -C 10 \"deployer\" \"{{VALUE}}\"\n";
    "git-credentials", ".git-credentials", Password, "https://deployer:{{VALUE}}@git.acme.io\n";
    "s3cfg", ".s3cfg", AwsSecret, "[default]\naccess_key = KEYID\nsecret_key = {{VALUE}}\n";
    "boto", ".boto", AwsSecret, "[Credentials]\naws_access_key_id = KEYID\naws_secret_access_key = {{VALUE}}\n";
    "maven settings", "settings.xml", Password, "    <server>\n      <id>nexus</id>\n      <username>deployer</username>\n      <password>{{VALUE}}</password>\n    </server>\n";
    "gradle.properties", "gradle.properties", Password, "nexusUsername=deployer\nnexusPassword={{VALUE}}\n";
    "nuget.config", "nuget.config", Password, "      <add key=\"Username\" value=\"deployer\" />\n      <add key=\"ClearTextPassword\" value=\"{{VALUE}}\" />\n";
    "composer auth.json", "auth.json", Password, "{\n  \"http-basic\": {\n    \"repo.acme.io\": {\n      \"username\": \"deployer\",\n      \"password\": \"{{VALUE}}\"\n    }\n  }\n}\n";
    "erlang cookie", "home/.erlang.cookie", Cookie, "{{VALUE}}";
    "rails master.key", "config/master.key", Hex32, "{{VALUE}}\n";
    "rails environment key", "config/credentials/production.key", Hex32, "{{VALUE}}\n";
    "ansible vault password file", ".vault_pass", Password, "{{VALUE}}\n";
    "vault token file", "home/.vault-token", VaultRoot, "{{VALUE}}\n";
    // Ansible.
    "ansible inventory, ini", "inventory/hosts", Password, "[web]\nweb1 ansible_host=10.0.0.1 ansible_user=root ansible_password={{VALUE}}\n";
    "ansible inventory, ssh_pass", "hosts.ini", Password, "web1 ansible_ssh_user=root ansible_ssh_pass={{VALUE}}\n";
    "ansible inventory, become", "hosts.ini", Password, "[all:vars]\nansible_become_pass={{VALUE}}\n";
    "ansible inventory, sudo", "hosts.ini", Password, "[all:vars]\nansible_sudo_pass=\"{{VALUE}}\"\n";
    "ansible inventory, yaml", "inventory.yml", Password, "all:\n  vars:\n    ansible_become_password: {{VALUE}}\n";
    "ansible group vars", "group_vars/all.yml", Password, "mysql_root_password: \"{{VALUE}}\"\n";
    "ansible task", "tasks/main.yml", Password, "- mysql_user: name=app password={{VALUE}} state=present\n";
    // Connection URLs and strings.
    "postgres url", "app.py", Password, "engine = create_engine(\"postgresql+psycopg2://app:{{VALUE}}@db.acme.io:5432/app\")\n";
    "mysql url", "app.rb", Password, "url: mysql2://app:{{VALUE}}@db/app\n";
    "mongodb srv url", "app.js", Password, "mongoose.connect('mongodb+srv://app:{{VALUE}}@cluster0.abcde.mongodb.net/app')\n";
    "redis url, no user", "app.js", Password, "const url = 'redis://:{{VALUE}}@cache:6379/0'\n";
    "amqp url", "celery.py", Password, "broker_url = 'amqp://app:{{VALUE}}@rabbit:5672//'\n";
    "sqlserver url", "main.go", Password, "dsn := \"sqlserver://app:{{VALUE}}@mssql:1433?database=app\"\n";
    "mysql dsn of go", "main.go", Password, "db, err := sql.Open(\"mysql\", \"app:{{VALUE}}@tcp(db:3306)/app\")\n";
    "postgres keyword dsn", "main.go", Password, "dsn := \"host=db user=app password={{VALUE}} dbname=app port=5432 sslmode=disable\"\n";
    "pdo dsn", "db.php", Password, "$pdo = new PDO('mysql:host=db;dbname=app', 'app', '{{VALUE}}');\n";
    "mysqli", "db.php", Password, "$c = mysqli_connect('db.acme.io', 'app', '{{VALUE}}', 'app');\n";
    "ado.net", "appsettings.json", Password, "  \"ConnectionStrings\": {\n    \"Default\": \"Server=db;Database=app;User Id=app;Password={{VALUE}};\"\n  }\n";
    "ado.net, pwd", "web.config", Password, "<add name=\"Default\" connectionString=\"Data Source=db;Initial Catalog=app;uid=app;pwd={{VALUE}}\" />\n";
    "odbc", "db.py", Password, "pyodbc.connect('DRIVER={ODBC Driver 18 for SQL Server};SERVER=db;DATABASE=app;UID=app;PWD={{VALUE}}')\n";
    "jdbc, query", "application.properties", Password, "spring.datasource.url=jdbc:mysql://db:3306/app?user=app&password={{VALUE}}\n";
    "jdbc, sqlserver", "application.yml", Password, "    url: jdbc:sqlserver://db:1433;databaseName=app;user=app;password={{VALUE}};encrypt=true\n";
    "jdbc, oracle thin", "application.properties", Password, "url=jdbc:oracle:thin:app/{{VALUE}}@db.acme.io:1521:ORCL\n";
    "jdbc, oracle thin, service", "application.properties", Password, "url=jdbc:oracle:thin:app/{{VALUE}}@//db.acme.io:1521/orcl\n";
    "jdbc, oracle oci", "Db.java", Password, "String url = \"jdbc:oracle:oci:app/{{VALUE}}@tnsname\";\n";
    "jdbc, user info", "Db.java", Password, "String url = \"jdbc:postgresql://app:{{VALUE}}@db:5432/app\";\n";
    "sqlplus", "run.sh", Password, "sqlplus app/{{VALUE}}@db.acme.io:1521/ORCL @script.sql\n";
    "sqlplus, system", "run.sh", Password, "sqlplus -s system/{{VALUE}}@//db:1521/XEPDB1\n";
    "DriverManager", "Db.java", Password, "Connection c = DriverManager.getConnection(url, \"app\", \"{{VALUE}}\");\n";
    "spring properties", "application.properties", Password, "spring.datasource.username=app\nspring.datasource.password={{VALUE}}\n";
    "mysql command", "run.sh", Password, "mysql -u root -p{{VALUE}} app < dump.sql\n";
    "mysql command, long", "run.sh", Password, "mysqldump --user=root --password={{VALUE}} app\n";
    "PGPASSWORD", "run.sh", Password, "PGPASSWORD={{VALUE}} psql -h db -U app\n";
    "psql keyword", "run.sh", Password, "psql \"host=db user=app password={{VALUE}} dbname=app\"\n";
    "mongo command", "run.sh", Password, "mongosh --host db -u app -p {{VALUE}} --authenticationDatabase admin\n";
    "redis-cli", "run.sh", Password, "redis-cli -h cache -a {{VALUE}} ping\n";
    "sshpass", "run.sh", Password, "sshpass -p {{VALUE}} ssh root@web1\n";
    "sshpass, quoted", "run.sh", Password, "sshpass -p '{{VALUE}}' scp a root@web1:\n";
    "sqlcmd", "run.sh", Password, "sqlcmd -S db -U sa -P {{VALUE}} -Q 'select 1'\n";
    "sql, identified by", "init.sql", Password, "CREATE USER 'app'@'%' IDENTIFIED BY '{{VALUE}}';\n";
    "sql, with password", "init.sql", Password, "CREATE ROLE app LOGIN PASSWORD '{{VALUE}}';\n";
    "sql, encrypted password", "init.sql", Password, "ALTER USER app WITH ENCRYPTED PASSWORD '{{VALUE}}';\n";
    "chpasswd", "Dockerfile", Password, "RUN echo 'root:{{VALUE}}' | chpasswd\n";
    "sudo -S", "run.sh", Password, "echo {{VALUE}} | sudo -S apt-get update\n";
    "openssl pass", "run.sh", Password, "openssl rsa -in a.key -passin pass:{{VALUE}} -out b.key\n";
    "keytool", "run.sh", Password, "keytool -genkey -keystore a.jks -storepass {{VALUE}}\n";
    "wget", "run.sh", Password, "wget --user=deployer --password={{VALUE}} https://files.acme.io/a\n";
    "net use", "run.bat", Password, "net use Z: \\\\srv\\share /user:ACME\\deployer {{VALUE}}\n";
    // Environment and CI.
    "dotenv", ".env", Password, "DB_USER=app\nDB_PASSWORD={{VALUE}}\n";
    "dotenv, quoted", ".env.production", Password, "DB_PASSWORD=\"{{VALUE}}\"\n";
    "dotenv, export", ".envrc", Password, "export DB_PASSWORD='{{VALUE}}'\n";
    "dotenv, secret key", ".env", Password, "APP_SECRET_KEY={{VALUE}}\n";
    "shell export", "deploy.sh", GitHub, "export GITHUB_TOKEN={{VALUE}}\n";
    "workflow env", ".github/workflows/ci.yml", Password, "    env:\n      REGISTRY_PASSWORD: {{VALUE}}\n";
    "workflow with", ".github/workflows/ci.yml", Password, "        with:\n          username: deployer\n          password: {{VALUE}}\n";
    "gitlab variables", ".gitlab-ci.yml", Password, "variables:\n  POSTGRES_PASSWORD: {{VALUE}}\n";
    "compose environment, map", "docker-compose.yml", Password, "    environment:\n      POSTGRES_PASSWORD: {{VALUE}}\n";
    "compose environment, list", "docker-compose.yml", Password, "    environment:\n      - POSTGRES_PASSWORD={{VALUE}}\n";
    "dockerfile ENV", "Dockerfile", Password, "ENV DB_PASSWORD {{VALUE}}\n";
    "dockerfile ENV, equals", "Dockerfile", Password, "ENV DB_PASSWORD={{VALUE}}\n";
    "dockerfile ARG", "Dockerfile", Password, "ARG NPM_PASSWORD={{VALUE}}\n";
    "docker run -e", "run.sh", Password, "docker run -e MYSQL_ROOT_PASSWORD={{VALUE}} mysql:8\n";
    "systemd", "app.service", Password, "Environment=\"DB_PASSWORD={{VALUE}}\"\n";
    "setx", "run.bat", Password, "setx DB_PASSWORD \"{{VALUE}}\"\n";
    "powershell env", "run.ps1", Password, "$env:DB_PASSWORD = \"{{VALUE}}\"\n";
    "groovy withEnv", "Jenkinsfile", Password, "withEnv(['DB_PASSWORD={{VALUE}}']) {\n";
    // HTTP.
    "curl -u", "run.sh", Password, "curl -u deployer:{{VALUE}} https://api.acme.io/v1\n";
    "curl --user", "run.sh", Password, "curl -sSf --user \"deployer:{{VALUE}}\" https://api.acme.io/v1\n";
    "curl -H bearer", "run.sh", Base64Secret, "curl -H \"Authorization: Bearer {{VALUE}}\" https://api.acme.io/v1\n";
    "curl -H basic", "run.sh", Base64Pair, "curl -H 'Authorization: Basic {{VALUE}}' https://api.acme.io/v1\n";
    "curl -H api key", "run.sh", Password, "curl -H \"X-Api-Key: {{VALUE}}\" https://api.acme.io/v1\n";
    "curl url", "run.sh", Password, "curl https://deployer:{{VALUE}}@api.acme.io/v1\n";
    "http file", "api.http", Base64Pair, "GET https://api.acme.io/v1\nAuthorization: Basic {{VALUE}}\n";
    "header in code", "api.js", Base64Pair, "headers: { 'Authorization': 'Basic {{VALUE}}' }\n";
    "git remote", "run.sh", GitHub, "git remote set-url origin https://x-access-token:{{VALUE}}@github.com/acme/app.git\n";
    "python auth tuple", "api.py", Password, "requests.get(url, auth=(\"deployer\", \"{{VALUE}}\"))\n";
    "token in a query", "api.py", Password, "requests.get(\"https://api.acme.io/v1?access_token={{VALUE}}\")\n";
};

/// References that look like an assignment to the generic rule, and the empty value, after which it
/// takes the next word. The generic rule has its own tests for them.
pub(crate) const READ_BY_THE_GENERIC_RULE: &[&str] = &[
    "${DB_PASSWORD:?missing}", // stopleak:allow a reference
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-Ab12Cd", // stopleak:allow a reference
    "",
];

/// The content of these places if the credential is kept elsewhere, or if a person must fill it in.
pub(crate) const REFERENCES: &[&str] = &[
    "${DB_PASSWORD}",
    "$DB_PASSWORD",
    "$(DB_PASSWORD)",
    "${DB_PASSWORD:?missing}", // stopleak:allow a reference
    "$(cat /run/secrets/db_password)",
    "$(vault kv get -field=password secret/db)",
    "$(aws secretsmanager get-secret-value --secret-id db --query SecretString)",
    "{{ .Values.db.password }}",
    "{{ vault_db_password }}",
    "{{resolve:secretsmanager:db:SecretString:password}}",
    "{{ op://vault/db/password }}",
    "op://vault/db/password",
    "${{ secrets.DB_PASSWORD }}",
    "vault:secret/data/db#password",
    "ref+awssecrets://db/password",
    "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-Ab12Cd", // stopleak:allow a reference
    "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/db/)",
    "%env(DB_PASSWORD)%",
    "%DB_PASSWORD%",
    "<%= ENV[:db] %>",
    "#{DB_PASSWORD}#",
    "__DB_PASSWORD__",
    "@DB_PASSWORD@",
    "<db-password>",
    "[password]",
    "ENC[AES256_GCM,data:q83v,iv:EjRW,tag:eJq8,type:str]",
    "ENC(q83vEjRWeJq8Zm9vYmFy)",
    "{cipher}682bc583f4641835fa2db009355293665d2647dade3375c0ee201de2a49f7bda",
    "AQICAHhQ9v7n3kq2",
    "********",
    "xxxxxxxxxxxx",
    "changeme",
    "your-password-here",
    "YOUR_PASSWORD_HERE",
    "",
];
