#include "apps/sepal/output.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace sepal::program {

void say(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void say_json(const Json& value) { say(value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); }

}  // namespace sepal::program
