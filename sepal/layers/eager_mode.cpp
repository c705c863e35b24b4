#include "sepal/layers/eager_mode.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal {
namespace {

thread_local int eager_scopes = 0;

}  // namespace

EagerMode::EagerMode() { ++eager_scopes; }
EagerMode::~EagerMode() { --eager_scopes; }

bool executing_eagerly() { return eager_scopes > 0; }

void expect_graph_mode(const char* member) {
  if (executing_eagerly()) throw RuntimeError(fmt::format("`{}` is not supported in eager mode.", member));
}

}  // namespace sepal
