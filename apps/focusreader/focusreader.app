# A place to read one's own e-books without distraction.
app FocusReader

use Requesting
    session from body, bearer, cookie "session"
use Profile
use Sessioning [User = Profile.User]
