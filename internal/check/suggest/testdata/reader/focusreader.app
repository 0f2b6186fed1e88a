# A place to read one's own e-books without distraction.
app FocusReader

use Requesting
    session from body, bearer, cookie "session"
    device from cookie "device"
use Profile
use Sessioning [User = Profile.User]
# The browsers in which a user has logged in before.
use Sessioning as Remembering [User = Profile.User]
use Limiting
use Library [User = Profile.User]
use Annotation [User = Profile.User, Document = Library.Document]
use FocusStats [User = Profile.User, Document = Library.Document, Library = Library.Library]
use TextSettings [User = Profile.User, Document = Library.Document]

open POST "/Profile/createAccount" "this is how an account begins"
open POST "/Profile/authenticate" "tries are counted before the password is looked at"
open POST "/auth/login" "tries are counted before the password is looked at"
