#include "sepal/base/terminal.h"

#include <unistd.h>

namespace sepal {

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

}  // namespace sepal
