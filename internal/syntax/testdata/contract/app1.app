app FocusReader

use Requesting
use Profile
use Sessioning [User = Profile.User]
use Library [User = Profile.User]
use Annotating as Notes [User = Profile.User, Document = Library.Document]
