# A small app for the tests of the inspector.
app Reader

use Requesting
    session from body, bearer, cookie "session"
use Profile
use Sessioning [User = Profile.User]
use Noting [User = Profile.User]
