// Whether a person is looking at what the program prints.
#pragma once

namespace sepal {

/// Whether standard output is a terminal, not a file or a pipe.
bool stdout_is_terminal();

/// Characters of its line; 0 if there is no telling.
int terminal_width();

}  // namespace sepal
