#include "perfkit/pg/workload/values.hpp"

#include <algorithm>
#include <array>

#include "perfkit/pg/compat.hpp"
#include "perfkit/pg/text.hpp"

extern "C" {
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/bytea.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"
}

namespace perfkit::pg::workload {

using perfkit::workload::SampleParameter;
using perfkit::workload::ValueState;

namespace {

struct Type {
    Oid type;
    Oid array;
    PGFunction output;
    std::int16_t length;
    bool by_value;
    char alignment;
};

// As pg_type has them; none of the output functions looks anything up.
constexpr std::array types = {
    Type{BOOLOID, BOOLARRAYOID, boolout, 1, true, TYPALIGN_CHAR},
    Type{INT2OID, INT2ARRAYOID, int2out, 2, true, TYPALIGN_SHORT},
    Type{INT4OID, INT4ARRAYOID, int4out, 4, true, TYPALIGN_INT},
    Type{INT8OID, INT8ARRAYOID, int8out, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE},
    Type{OIDOID, OIDARRAYOID, oidout, 4, true, TYPALIGN_INT},
    Type{FLOAT4OID, FLOAT4ARRAYOID, float4out, 4, true, TYPALIGN_INT},
    Type{FLOAT8OID, FLOAT8ARRAYOID, float8out, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE},
    Type{NUMERICOID, NUMERICARRAYOID, numeric_out, -1, false, TYPALIGN_INT},
    Type{TEXTOID, TEXTARRAYOID, textout, -1, false, TYPALIGN_INT},
    Type{VARCHAROID, VARCHARARRAYOID, textout, -1, false, TYPALIGN_INT},
    Type{BPCHAROID, BPCHARARRAYOID, textout, -1, false, TYPALIGN_INT},
    Type{NAMEOID, NAMEARRAYOID, nameout, NAMEDATALEN, false, TYPALIGN_CHAR},
    Type{CHAROID, CHARARRAYOID, charout, 1, true, TYPALIGN_CHAR},
    Type{DATEOID, DATEARRAYOID, date_out, 4, true, TYPALIGN_INT},
    Type{TIMEOID, TIMEARRAYOID, time_out, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE},
    Type{TIMESTAMPOID, TIMESTAMPARRAYOID, timestamp_out, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE},
    Type{TIMESTAMPTZOID, TIMESTAMPTZARRAYOID, timestamptz_out, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE},
    Type{INTERVALOID, INTERVALARRAYOID, interval_out, 16, false, TYPALIGN_DOUBLE},
    Type{UUIDOID, UUIDARRAYOID, uuid_out, UUID_LEN, false, TYPALIGN_CHAR},
    Type{JSONOID, JSONARRAYOID, textout, -1, false, TYPALIGN_INT},
    Type{JSONBOID, JSONBARRAYOID, jsonb_out, -1, false, TYPALIGN_INT},
    Type{BYTEAOID, BYTEAARRAYOID, byteaout, -1, false, TYPALIGN_INT},
    Type{INETOID, INETARRAYOID, inet_out, -1, false, TYPALIGN_INT},
    Type{CIDROID, CIDRARRAYOID, cidr_out, -1, false, TYPALIGN_INT},
};

const char* output(const Type& type, Datum value) { return DatumGetCString(DirectFunctionCall1(type.output, value)); }

// Whether the value lies in memory as it is; what is much longer than the limit is not worth its text.
bool at_hand(const Type& type, Datum value, std::size_t limit) {
    if (type.length != -1) return true;
    const auto* const data = reinterpret_cast<const varlena*>(DatumGetPointer(value));
    return !VARATT_IS_EXTERNAL(data) && !VARATT_IS_COMPRESSED(data) && VARSIZE_ANY(data) <= 4 * limit;
}

// {1,"two",NULL}; null where it has more dimensions than one, or parts elsewhere.
const char* array_output(const Type& type, Datum value, std::size_t limit) {
    auto* const data = reinterpret_cast<varlena*>(DatumGetPointer(value));
    if (VARATT_IS_EXTERNAL_ONDISK(data) || VARATT_IS_EXTERNAL_INDIRECT(data) || VARATT_IS_COMPRESSED(data))
        return nullptr;
    ArrayType* const array = DatumGetArrayTypeP(value);  // brings an expanded one into this form
    if (ARR_NDIM(array) > 1 || VARSIZE_ANY(array) > 4 * limit) return nullptr;
    Datum* elements;
    bool* nulls;
    int count;
    deconstruct_array(array, type.type, type.length, type.by_value, type.alignment, &elements, &nulls, &count);
    StringInfoData text;
    initStringInfo(&text);
    appendStringInfoChar(&text, '{');
    for (int i = 0; i < count && static_cast<std::size_t>(text.len) <= limit; ++i) {
        if (i > 0) appendStringInfoChar(&text, ',');
        if (nulls[i]) {
            appendStringInfoString(&text, "NULL");
            continue;
        }
        if (!at_hand(type, elements[i], limit)) return nullptr;
        appendStringInfoChar(&text, '"');
        for (const char* c = output(type, elements[i]); *c != '\0'; ++c) {
            if (*c == '"' || *c == '\\') appendStringInfoChar(&text, '\\');
            appendStringInfoChar(&text, *c);
        }
        appendStringInfoChar(&text, '"');
    }
    appendStringInfoChar(&text, '}');
    return text.data;
}

const char* output_of(Oid type, Datum value, std::size_t limit) {
    const auto known =
        std::find_if(types.begin(), types.end(), [type](const Type& t) { return t.type == type || t.array == type; });
    if (known == types.end()) return type == UNKNOWNOID ? DatumGetCString(value) : nullptr;
    if (known->array == type) return array_output(*known, value, limit);
    return at_hand(*known, value, limit) ? output(*known, value) : nullptr;
}

}  // namespace

PortableOutput::PortableOutput() noexcept
    : date_style_(DateStyle),
      interval_style_(IntervalStyle),
      float_digits_(extra_float_digits),
      bytea_output_(bytea_output) {
    DateStyle = USE_ISO_DATES;
    IntervalStyle = INTSTYLE_POSTGRES;
    extra_float_digits = 1;
    bytea_output = BYTEA_OUTPUT_HEX;
}

PortableOutput::~PortableOutput() {
    DateStyle = date_style_;
    IntervalStyle = interval_style_;
    extra_float_digits = float_digits_;
    bytea_output = bytea_output_;
}

SampleParameter parameter_of(Oid type, Datum value, bool null, std::size_t limit) {
    SampleParameter parameter;
    parameter.type = type;
    parameter.state = ValueState::null;
    if (null) return parameter;
    const char* const text = call([=] { return output_of(type, value, limit); });
    parameter.state = text == nullptr ? ValueState::omitted : ValueState::value;
    if (text == nullptr) return parameter;
    parameter.value = clipped(text, limit);
    if (parameter.value.size() < std::string_view(text).size()) parameter.state = ValueState::truncated;
    return parameter;
}

}  // namespace perfkit::pg::workload
