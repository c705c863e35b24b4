#include "sepal/base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace sepal {

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

int terminal_width() {
  struct winsize size {};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace sepal
