#include "style.hpp"

namespace perfkit::report {

// No character of it needs to be escaped, as in XML it would have to be.
const char* const style = R"(
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2127;--soft:#59636e;--rule:#d5dae0;--tint:#f4f6f8;--blue:#0b5fb0;
--pale:#c9dff3;--bad:#b3261e;--warn:#8a5800;--good:#1b6e3f;--tile:#dfe8f1;--tile2:#e9e6f2}
@media (prefers-color-scheme:dark){:root{--paper:#12161b;--ink:#e4e8ec;--soft:#9aa6b2;--rule:#323a43;--tint:#1a2027;
--blue:#6cb2f5;--pale:#264666;--bad:#ff8a80;--warn:#e5b04b;--good:#6fcf97;--tile:#223242;--tile2:#2d2a3d}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--rule:#bbb;--tint:#f4f4f4;--blue:#0b5fb0;
--pale:#c9dff3;--bad:#b3261e;--warn:#704800;--good:#1b6e3f;--tile:#dfe8f1;--tile2:#e9e6f2}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:74rem;padding:2.5rem 2rem 4rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:1.9rem;line-height:1.15;margin:0 0 .35rem;font-weight:650;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:1.3rem;line-height:1.25;margin:3.2rem 0 .5rem;padding-top:.7rem;border-top:2px solid var(--ink);font-weight:650}
h3{font-size:1rem;margin:2rem 0 .5rem;font-weight:650}
p{margin:.35rem 0 .8rem;max-width:46rem}
a{color:var(--blue);text-underline-offset:.15em}
a:focus-visible,summary:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
.soft,caption,figcaption span,.sub{color:var(--soft)}
.sub{display:block;font-size:.85rem}
.kicker{color:var(--soft);margin:0 0 .4rem;font-size:.85rem;letter-spacing:.04em;text-transform:uppercase}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem}
nav ul{list-style:none;margin:1rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:1rem 0 0}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.todo{margin:.6rem 0 1rem;padding:0;list-style:none;counter-reset:n}
.todo li{counter-increment:n;position:relative;padding:.6rem 0 .6rem 2.4rem;border-bottom:1px solid var(--rule);max-width:58rem}
.todo li::before{content:counter(n);position:absolute;left:.2rem;top:.35rem;font-size:1.35rem;font-weight:650;color:var(--blue)}
.todo b{display:block}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:1.4rem;margin:1.4rem 0;padding:0}
.tiles div{border-top:1px solid var(--rule);padding-top:.4rem;min-width:0}
.tiles dt{color:var(--soft);font-size:.85rem}
.tiles dd{margin:0}.tiles .big{font-size:1.5rem;line-height:1.25;font-weight:600;letter-spacing:-.01em}
table{border-collapse:collapse;width:100%;margin:.8rem 0 1.4rem;font-size:.93rem}
caption{text-align:left;padding:0 0 .4rem;max-width:46rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--rule);font-weight:400}
tr>:last-child{padding-right:0}
thead th{color:var(--soft);font-size:.82rem;vertical-align:bottom;border-bottom-color:var(--ink);line-height:1.3}
.num{text-align:right;white-space:nowrap}
tbody th{overflow-wrap:anywhere;min-width:13rem}
code{font:.87em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;unicode-bidi:isolate;
overflow-wrap:anywhere;white-space:pre-wrap}
.sql{max-width:38rem}
.long{max-height:30rem;overflow:auto;background:var(--tint);padding:.6rem .8rem;margin:.4rem 0;display:block}
.state{font-weight:600;white-space:nowrap}
.critical,.worse{color:var(--bad)}.warn{color:var(--warn)}.ok,.better{color:var(--good)}.skipped,.same{color:var(--soft)}
.missing{border-left:3px solid var(--rule);padding:.1rem 0 .1rem .8rem;color:var(--soft)}
details{margin:.5rem 0 1rem}summary{cursor:pointer;color:var(--blue)}
td details,th details{margin:.2rem 0 0}
svg{display:block;overflow:visible}svg text{font-size:11px;fill:var(--soft);font-family:inherit}
td svg.histogram,td svg.dumbbell,td svg.interval,td svg.axis{width:150px}td svg.spark{width:120px}
.line{fill:none;stroke:var(--blue);stroke-width:1.6;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.l1{stroke-dasharray:6 3}.l2{stroke-dasharray:2 2}.area{fill:var(--pale);stroke:none;opacity:.6}
.past{fill:none;stroke:var(--soft);stroke-width:1.2}rect.past{stroke-width:.8;opacity:.8}
.end,.to{fill:var(--blue)}.from{fill:var(--paper);stroke:var(--soft);stroke-width:1.6}
.bars{fill:var(--blue)}.rail{fill:var(--rule)}.bar{width:100%;min-width:4rem;height:5px;margin-top:.4rem}
.grid,.base,.cap{stroke:var(--rule);stroke-width:1}.base,.cap{stroke:var(--soft)}
line.worse,line.better{stroke-width:3}line.worse{stroke:var(--bad)}line.better{stroke:var(--good)}
.p50,.p95,.p99{stroke:var(--ink);stroke-width:1}.p95{stroke-dasharray:4 2}.p99{stroke-dasharray:1.5 2}
.axis text{font-size:9.5px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:1.6rem 2rem;margin:1.2rem 0}
figure{margin:0;min-width:0;break-inside:avoid}figcaption{margin-bottom:.3rem;line-height:1.35}figcaption b{font-weight:600}
.chart{width:100%;height:auto;max-width:30rem}
.key{display:inline-block;width:1.7em;height:.55em;vertical-align:baseline;margin-right:.3em}
.map{width:100%;height:auto;margin:.8rem 0}.narrow{display:none}
.tile{fill:var(--tile);stroke:var(--paper);stroke-width:2}.index{fill:var(--tile2)}.rest{fill:var(--tint)}
.map text{fill:var(--ink);font-size:12px}.hatched{fill:var(--bad);opacity:.16}.hatch{fill:var(--bad);opacity:.5}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.85rem;color:var(--soft)}
.legend svg{overflow:hidden;display:inline-block;vertical-align:-.1em;margin-right:.35em}
footer{margin-top:4rem;border-top:1px solid var(--rule);padding-top:1rem;font-size:.85rem;color:var(--soft)}
footer p{max-width:none}
@media screen and (max-width:44rem){
body{padding:1.4rem 1rem 3rem}h1{font-size:1.5rem}.wide{display:none}.narrow{display:block}
.facts{grid-template-columns:1fr}.facts dd{margin-bottom:.3rem}
.tiles{grid-template-columns:repeat(2,minmax(0,1fr));gap:1.1rem}
table.cards,.cards tbody,.cards caption{display:block}
.cards thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;white-space:nowrap}
.cards tr{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.15rem 1.2rem;padding:.8rem 0;border-bottom:1px solid var(--rule)}
.cards th,.cards td{display:block;border:0;padding:.1rem 0;text-align:left;white-space:normal;min-width:0}
.cards th[scope=row],.cards .full{grid-column:1/-1}
.cards td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:.78rem;line-height:1.2}
.cards td:has(code),.cards td:has(.state+.sub){grid-column:1/-1}
.cards td:has(svg.histogram,svg.dumbbell,svg.interval,svg.spark){grid-column:span 2}
}
@media print{
@page{margin:14mm}
body{max-width:none;padding:0;font-size:9pt}nav,.skip{display:none}a{color:inherit;text-decoration:none}
h2{break-after:avoid}h3,caption,thead{break-after:avoid}tr,.todo li,.tiles div{break-inside:avoid}
svg,.bar,.tile{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.long{max-height:none}
}
)";

}  // namespace perfkit::report
