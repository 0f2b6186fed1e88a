# A place to read one's own e-books without distraction.
app FocusReader

use Requesting
    session from body, bearer, cookie "session"
use Profile
use Sessioning [User = Profile.User]
use Library [User = Profile.User]
use Annotation [User = Profile.User, Document = Library.Document]
use FocusStats [User = Profile.User, Document = Library.Document, Library = Library.Library]
use TextSettings [User = Profile.User, Document = Library.Document]

open POST "/Profile/createAccount" "this is how an account begins"
