#!/bin/sh
# A reader's life with FocusReader, by curl:
#
#     go run ./apps/focusreader &
#     apps/focusreader/life.sh
#
# The API and the book may be others: life.sh http://127.0.0.1:8000/api BOOK.epub
#
# It makes an account of its own and deletes it at the end. It says what it asks
# and what is answered, and ends with 1 at the first answer that is not as it
# should be. With a third argument, "first" or "then", it plays only the half
# before or after a restart of the server; what it must remember meanwhile is in
# the file that LIFE_KEEP names.
set -eu

api=${1:-http://127.0.0.1:8000/api}
book=${2:-$(dirname "$0")/testdata/sea.epub}
half=${3:-}
keep=${LIFE_KEEP:-${TMPDIR:-/tmp}/focusreader-life.$$}
answer=$keep.answer
[ -n "$half" ] || trap 'rm -f "$keep" "$answer"' EXIT

# ask STATUS PATH [CURL ARGUMENTS…]: asks, and wants a status.
ask() {
    want=$1 path=$2
    shift 2
    got=$(curl -sS -o "$answer" -w '%{http_code}' "$@" "$api$path")
    case $(head -c 1 "$answer" | tr -d '\000') in
    '{' | '[') said=$(head -c 200 "$answer") ;;
    *) said="$(wc -c <"$answer") bytes" ;;
    esac
    printf '%s %s %s\n' "$got" "$path" "$said"
    if [ "$got" != "$want" ]; then
        echo "life.sh: $path answered $got, want $want" >&2
        exit 1
    fi
}

# tell STATUS PATH FIELDS: posts a JSON object, with the session once there is one.
tell() {
    ask "$1" "$2" -H 'Content-Type: application/json' ${session:+-H "Authorization: Bearer $session"} -d "$3"
}

# field NAME: the last text with this name in the last answer.
field() {
    sed 's/.*"'"$1"'":"\([^"]*\)".*/\1/; 1q' "$answer"
}

# holds TEXT: the last answer holds it.
holds() {
    if ! grep -qF -e "$1" "$answer"; then
        echo "life.sh: the answer does not hold $1: $(cat "$answer")" >&2
        exit 1
    fi
}

first() {
    name=reader-$$
    who='{"username": "'$name'", "password": "correct horse"}'
    tell 200 /Profile/createAccount "$who"
    library=$(field library) defaults=$(field settings)
    tell 409 /Profile/createAccount "$who"
    tell 401 /auth/login '{"username": "'$name'", "password": "wrong horse"}'
    tell 200 /auth/login "$who"
    holds 'Login successful'
    session=$(field session)
    tell 200 /Profile/_getUserDetails '{}'
    holds "\"username\":\"$name\""

    # A book as a file, then the same as base64 in JSON.
    ask 200 "/Library/createDocument?name=train&library=$library" \
        -H "Authorization: Bearer $session" -H 'Content-Type: application/epub+zip' --data-binary "@$book"
    document=$(field document)
    printf '{"name": "base64", "library": "%s", "epubContent": "%s"}' "$library" "$(base64 <"$book" | tr -d '\n')" >"$keep"
    tell 200 /Library/createDocument "@$keep"
    second=$(field document)
    tell 200 /Library/renameDocument '{"document": "'$document'", "newName": "For the train"}'
    tell 200 /Library/_getDocumentsInLibrary '{"library": "'$library'"}'
    holds '"name":"For the train"'
    holds '"epubContent":null'

    tell 200 /Library/openDocument '{"document": "'$document'"}'
    tell 200 /TextSettings/editSettings '{"textSettings": "'$defaults'", "font": "Georgia", "fontSize": 18, "lineHeight": 27}'
    tell 200 /TextSettings/_getDocumentCurrentSettings '{"document": "'$document'"}'
    tell 200 /Annotation/createTag '{"title": "to quote"}'
    tag=$(field tag)
    tell 200 /Annotation/createAnnotation '{"document": "'$document'", "color": "gold", "content": "The first words", "location": "epubcfi(/6/4!/4/2)", "tags": ["'$tag'"]}'
    annotation=$(field annotation)
    for x in name library defaults session document second annotation; do
        eval "echo $x=\$$x"
    done >"$keep"
}

then_() {
    . "$keep"
    tell 200 /Profile/_getUserDetails '{}'
    holds "\"username\":\"$name\""
    ask 200 "/documents/$document/content" -H "Authorization: Bearer $session"
    cmp "$answer" "$book"
    ask 401 "/documents/$document/content"
    tell 200 /TextSettings/_getUserDefaultSettings '{}'
    holds '"font":"Georgia"'
    tell 200 /Annotation/search '{"document": "'$document'", "criteria": "QUOTE first"}'
    holds "$annotation"
    tell 200 /Annotation/updateAnnotation '{"annotation": "'$annotation'", "newContent": "Something else"}'
    tell 200 /Annotation/search '{"document": "'$document'", "criteria": "first"}'
    holds '"annotations":[]'
    tell 200 /Annotation/deleteAnnotation '{"annotation": "'$annotation'"}'
    tell 200 /Library/closeDocument '{"document": "'$document'"}'
    tell 200 /FocusStats/_viewStats '{}'
    holds '"sessions":1'
    tell 200 /FocusStats/_getSessions '{}'
    focus=$(field _id)
    tell 200 /FocusStats/removeSession '{"focusSession": "'$focus'"}'
    tell 200 /Library/removeDocument '{"document": "'$second'"}'
    tell 200 /Profile/changePassword '{"oldPassword": "correct horse", "newPassword": "battery staple"}'
    tell 200 /auth/logout '{}'
    tell 401 /Profile/_getUserDetails '{}'
    tell 200 /auth/login '{"username": "'$name'", "password": "battery staple"}'
    session=$(field session)
    tell 200 /Profile/deleteAccount '{}'
    holds '"success":true'
    tell 401 /Library/_getLibraryByUser '{}'
    tell 401 /auth/login '{"username": "'$name'", "password": "battery staple"}'
    rm -f "$keep" "$answer"
}

session=
case $half in
first) first ;;
then) then_ ;;
*)
    first
    then_
    ;;
esac
