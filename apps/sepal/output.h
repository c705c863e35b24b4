// What the commands write for a person or, with --json, for a program.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sepal/base/config.h"
#include "sepal/base/shape.h"

namespace sepal::program {

/// Exit statuses. A comparison that finds a difference is neither a success nor an error.
enum Status { kOk = 0, kDifferent = 1, kBadInput = 2, kEnvironment = 3 };

/// Options of every command.
struct GlobalArguments {
  int threads = 0;    // 0: as many as there are processors
  bool json = false;  // one JSON value on standard output instead of text
};

/// Writes text to standard output. Control characters other than the end of a line, which names from a file
/// may hold and a terminal would obey, are escaped.
void say(const std::string& text);
/// One line on standard error.
void say_error(const std::string& text);
/// Text that is not valid UTF-8 is replaced where it is not.
void say_json(const Json& value);

}  // namespace sepal::program
