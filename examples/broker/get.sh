#!/bin/sh
# Gets the URL once for each line of standard input: sh get.sh SOCKET NAME URL. Prints the status of each answer.
set -eu
socket=$1 name=$2 url=$3

ask() { curl --silent --show-error --fail-with-body --unix-socket "$socket" "$@"; }

# A member of the broker's answer whose value is a text.
member() { printf %s "$answer" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# The secret goes through a pipe: arguments can be read by everybody on the machine.
get() {
  printf 'authorization: %s\n' "$(member authorization)" |
    curl --silent --output /dev/null --write-out '%{http_code}' --header @- "$url"
}

while read -r _line; do
  answer=$(ask "http://localhost/$name")
  status=$(get)
  if [ "$status" = 401 ]; then
    answer=$(ask --data "{\"id\":\"$(member id)\"}" "http://localhost/$name/invalidate")
    status=$(get)
  fi
  echo "$status"
done
