# Makes the passwords of the database accounts and the URLs of the services, at the first "up" and never again:
#   sh passwords.sh <folder> <host:port/database>
# <folder>/passwords belongs to the server and its administrator; each other folder is mounted into one service alone. A
# variable such as WRITER_PASSWORD chooses a password instead; then the URLs follow, and the job "accounts" sets it.
set -eu
umask 022
cd "$1"
server=$2

keep() { # keep <file> <content>: appears whole or not at all
  printf %s "$2" >"$1.new"
  mv "$1.new" "$1"
}

for role in postgres migrator writer ingest api reader; do
  file=passwords/$role
  eval "given=\${$(echo $role | tr a-z A-Z)_PASSWORD:-}"
  case $given in
    *[!A-Za-z0-9]*)
      echo "the password of $role may have letters and digits only, because it becomes part of a URL" >&2
      exit 1
      ;;
  esac
  if [ -n "$given" ]; then
    keep "$file" "$given"
  elif [ ! -s "$file" ]; then
    keep "$file" "$(od -An -N 24 -tx1 /dev/urandom | tr -d ' \n')"
  fi
done

url() { # url <account> <file>
  keep "$2" "postgresql://chip_$1:$(cat "passwords/$1")@$server"
}
url migrator migrator/url
url ingest ingest/url
url writer writer/url
url api query/url
url reader query/read-url
