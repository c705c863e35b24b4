#include "apps/sepal/output.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

namespace sepal::program {

void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void say_json(const Json& value) { say(value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); }

bool is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

}  // namespace sepal::program
