# Makes the passwords of the database accounts and the secret of the sessions, at the first "up" and never again:
#   sh passwords.sh <folder>
# <folder>/passwords belongs to the server and its administrator; each other folder is mounted into one service alone, which reads
# its files again for each new connection. A variable such as WRITER_PASSWORD chooses a password instead; the job "accounts" sets it.
set -eu
umask 022
cd "$1"

keep() { # keep <file> <content>: appears whole or not at all
  printf %s "$2" >"$1.new"
  mv "$1.new" "$1"
}
random() {
  od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'
}

for role in postgres migrator writer ingest api reader operator; do
  file=passwords/$role
  eval "given=\${$(echo $role | tr a-z A-Z)_PASSWORD:-}"
  case $given in
    *[!A-Za-z0-9]*)
      echo "the password of $role may have letters and digits only, because other clients put it into a URL" >&2
      exit 1
      ;;
  esac
  if [ -n "$given" ]; then
    keep "$file" "$given"
  elif [ ! -s "$file" ]; then
    keep "$file" "$(random)"
  fi
done

give() { # give <account> <file>
  keep "$2" "$(cat "passwords/$1")"
}
give migrator migrator/password
give operator operator/password
give ingest ingest/password
give writer writer/password
give api query/password
give reader query/read-password
# URLs with passwords, of an earlier version.
rm -f migrator/url ingest/url writer/url query/url query/read-url

# Empty for a client without a secret.
keep query/client-secret "${OIDC_CLIENT_SECRET:-}"
if [ -n "${SESSION_SECRET:-}" ]; then
  keep query/session-secret "$SESSION_SECRET"
elif [ ! -s query/session-secret ]; then
  keep query/session-secret "$(random)"
fi
