app Bad

use Requesting
use Sessioning
