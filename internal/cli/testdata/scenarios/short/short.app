app Short

use Requesting
use Sessioning
