#!/usr/bin/env bash
# One status, set through Mattermost's API and read through the three others. Needs a running server and curl:
#   ROLLCALL_URL=http://127.0.0.1:4600 ADMIN_PASSWORD=… examples/curl.sh
set -euo pipefail
url=${ROLLCALL_URL:-http://127.0.0.1:4600}
name=curl-$$

field() { sed -E "s/.*\"$1\":\"?([^\",}]+)\"?.*/\1/"; }
json() { curl -sS -H 'Content-Type: application/json' "$@"; }

admin=$(json "$url/v1/login" -d "{\"username\":\"admin\",\"password\":\"$ADMIN_PASSWORD\"}" | field token)
user=$(json "$url/v1/users" -H "Authorization: Bearer $admin" -d "{\"username\":\"$name\",\"password\":\"a good long password\"}")
token=$(json "$url/v1/login" -d "{\"username\":\"$name\",\"password\":\"a good long password\"}" | field token)
rocketchat=$(field rocketchat <<<"$user")
mattermost=$(field mattermost <<<"$user")
superoffice=$(field superoffice <<<"$user")

echo 'Mattermost: PUT status dnd'
json -w '\n' -X PUT "$url/api/v4/users/$mattermost/status" -H "Authorization: Bearer $token" -d "{\"user_id\":\"$mattermost\",\"status\":\"dnd\"}"
echo 'Rocket.Chat: users.getStatus'
curl -sSw '\n' "$url/api/v1/users.getStatus" -H "X-Auth-Token: $token" -H "X-User-Id: $rocketchat"
echo 'SuperOffice: UserPresenceStatus'
curl -sSw '\n' "$url/api/v1/User/$superoffice/UserPresenceStatus" -H "Authorization: Bearer $token"
echo 'Rollcall: presence'
curl -sSw '\n' "$url/v1/presence/me" -H "Authorization: Bearer $token"
