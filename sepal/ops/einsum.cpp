#include "sepal/ops/einsum.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/batch_matmul.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {
namespace {

// Letters for the axes that "..." stands for, from the last one backwards.
constexpr std::string_view kEllipsisLetters = "01234567";

bool has(const std::string& labels, char label) { return labels.find(label) != std::string::npos; }

struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

[[noreturn]] void refuse(const std::string& subscripts, const std::string& why) {
  throw ValueError(fmt::format("einsum: {}. Received: subscripts='{}'", why, subscripts));
}

// `labels` with letters in place of "...", of which the operand has `axes`.
std::string spelled_out(std::string labels, int axes, const std::string& subscripts) {
  const std::size_t dots = labels.find("...");
  if (dots == std::string::npos) return labels;
  if (axes < 0 || axes > static_cast<int>(kEllipsisLetters.size()))
    refuse(subscripts, "the letters do not fit the axes of an operand");
  return labels.replace(
      dots, 3,
      std::string(kEllipsisLetters.substr(kEllipsisLetters.size() - static_cast<std::size_t>(axes))));
}

Equation parse(const std::string& subscripts, const Shapes& operands) {
  std::string text = subscripts;
  std::erase(text, ' ');
  const std::size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  Equation equation;
  int most = 0;
  for (const Shape& shape : operands) {
    const std::size_t comma = left.find(',');
    std::string labels = left.substr(0, comma);
    left = comma == std::string::npos ? "" : left.substr(comma + 1);
    const bool dotted = labels.find("...") != std::string::npos;
    const int axes = shape.rank() - (static_cast<int>(labels.size()) - (dotted ? 3 : 0));
    labels = spelled_out(labels, axes, subscripts);
    if (dotted) most = std::max(most, axes);
    if (static_cast<int>(labels.size()) != shape.rank())
      refuse(subscripts, fmt::format("the letters do not fit an operand of shape {}", shape.str()));
    for (const char label : labels) {
      if (std::count(labels.begin(), labels.end(), label) > 1)
        throw UnimplementedError(fmt::format(
            "einsum: a letter twice in one operand is not supported. Received: subscripts='{}'", subscripts));
    }
    equation.operands.push_back(labels);
  }
  if (arrow != std::string::npos) {
    equation.result = spelled_out(text.substr(arrow + 2), most, subscripts);
  } else {
    std::string all;
    for (const std::string& labels : equation.operands) all += labels;
    std::sort(all.begin(), all.end());
    for (const char label : all) {
      const bool dotted = kEllipsisLetters.find(label) != std::string_view::npos;
      if (dotted ? !has(equation.result, label) : std::count(all.begin(), all.end(), label) == 1)
        equation.result += label;
    }
  }
  return equation;
}

using Lengths = std::map<char, std::int64_t>;

// The length of each letter; 1 is broadcast for the axes of an ellipsis.
Lengths lengths_of(const Equation& equation, const Shapes& operands, const std::string& subscripts) {
  Lengths lengths;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (int axis = 0; axis < operands[i].rank(); ++axis) {
      const char label = equation.operands[i][static_cast<std::size_t>(axis)];
      const std::int64_t length = operands[i][axis];
      const auto [known, is_new] = lengths.try_emplace(label, length);
      if (is_new || known->second == length || length == kNone) continue;
      const bool dotted = kEllipsisLetters.find(label) != std::string_view::npos;
      if (known->second == kNone || (dotted && known->second == 1)) {
        known->second = length;
      } else if (!dotted || length != 1) {
        refuse(subscripts,
               fmt::format("the axes called '{}' have lengths {} and {}", label, known->second, length));
      }
    }
  }
  for (const char label : equation.result) {
    if (!lengths.contains(label)) refuse(subscripts, fmt::format("no operand has an axis '{}'", label));
  }
  return lengths;
}

struct Labelled {
  Tensor value;
  std::string labels;
};

Labelled ordered(const Labelled& x, const std::string& labels) {
  std::vector<int> order;
  for (const char label : labels) order.push_back(static_cast<int>(x.labels.find(label)));
  return {transpose(x.value, order), labels};
}

// Without the axes that neither `wanted` nor anything else has.
Labelled summed(const Labelled& x, const std::string& wanted) {
  std::vector<std::int64_t> gone;
  std::string kept;
  for (std::size_t i = 0; i < x.labels.size(); ++i) {
    if (has(wanted, x.labels[i])) {
      kept += x.labels[i];
    } else {
      gone.push_back(static_cast<std::int64_t>(i));
    }
  }
  return gone.empty() ? x : Labelled{sum(x.value, gone), kept};
}

std::int64_t product(const std::string& labels, const Lengths& lengths) {
  std::int64_t count = 1;
  for (const char label : labels) count = checked_multiply(count, lengths.at(label));
  return count;
}

Shape shape_of(const std::string& labels, const Lengths& lengths) {
  Shape shape;
  for (const char label : labels) shape.push_back(lengths.at(label));
  return shape;
}

// Both as one matrix for each index of the axes that both and the result have.
Labelled multiplied(Labelled a, Labelled b, const std::string& wanted, const Lengths& lengths) {
  a = summed(a, wanted + b.labels);
  b = summed(b, wanted + a.labels);
  std::string batch;
  std::string contracted;
  std::string rows;
  std::string columns;
  for (const char label : a.labels) {
    std::string& group = !has(b.labels, label) ? rows : has(wanted, label) ? batch : contracted;
    group += label;
  }
  for (const char label : b.labels) {
    if (!has(a.labels, label)) columns += label;
  }
  a = ordered(a, batch + rows + contracted);
  b = ordered(b, batch + contracted + columns);
  const std::int64_t m = product(rows, lengths);
  const std::int64_t k = product(contracted, lengths);
  const std::int64_t n = product(columns, lengths);
  const Shape shape = shape_of(batch + rows + columns, lengths);
  if (batch.empty())
    return {reshape(matmul(reshape(a.value, {m, k}), reshape(b.value, {k, n})), shape), rows + columns};
  const std::int64_t samples = product(batch, lengths);
  const Tensor y = batch_matmul(reshape(a.value, {samples, m, k}), reshape(b.value, {samples, k, n}));
  return {reshape(y, shape), batch + rows + columns};
}

}  // namespace

Tensor einsum(const std::string& subscripts, const Tensors& operands) {
  if (operands.empty()) refuse(subscripts, "expected at least one operand");
  Shapes shapes;
  for (const Tensor& operand : operands) shapes.push_back(operand.shape());
  const Equation equation = parse(subscripts, shapes);
  const Lengths lengths = lengths_of(equation, shapes, subscripts);
  std::vector<Labelled> terms;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const std::string& labels = equation.operands[i];
    const Shape shape = shape_of(labels, lengths);
    terms.push_back({shape == shapes[i] ? operands[i] : broadcast_to(operands[i], shape), labels});
  }
  Labelled result = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    std::string wanted = equation.result;
    for (std::size_t k = i + 1; k < terms.size(); ++k) wanted += terms[k].labels;
    result = multiplied(result, terms[i], wanted, lengths);
  }
  return ordered(summed(result, equation.result), equation.result).value;
}

Shape einsum_shape(const std::string& subscripts, const Shapes& operands) {
  const Equation equation = parse(subscripts, operands);
  return shape_of(equation.result, lengths_of(equation, operands, subscripts));
}

}  // namespace sepal::ops
