app Answers

use Requesting
    session from body, bearer
use Profile
use Sessioning [User = Profile.User]
use Library [User = Profile.User]

open POST "/signup" "this is how an account begins"
open POST "/login" "this is how a session begins"
