# Cost against the number of live objects, or of types, a panel for each workload. plots.py
# says in panels.gp what plot_bars.gp gets, too, label[i], least[i] and most[i], and a file <i>_<k>.txt of objects and cost for
# each of the subjects, and colour[k]; `there` is 1 where a panel has such a file.
load data."/panels.gp"
set terminal svg size width, height dynamic font "sans-serif,12.5" name name
set output output
set border 3 lc rgb axis
set xtics scale 0.5 nomirror tc rgb dim 1e2, 10 format "10^{%T}"
set ytics scale 0 nomirror tc rgb dim
unset mxtics
set grid y lc rgb grid lt 1 lw 1
set logscale x
set multiplot
do for [i = 1 : panels] {
    set lmargin at screen left[i]
    set rmargin at screen right[i]
    set tmargin at screen top[i]
    set bmargin at screen bottom[i]
    set title title[i] font ",14" tc rgb text offset 0, -0.4
    set xrange [least[i] : most[i]]
    set xlabel label[i] tc rgb dim offset 0, 0.4
    set ylabel unit[i] tc rgb dim offset 1.2, 0
    set yrange [0 : highest[i]]
    unset key
    plot for [k = 1 : subjects] \
         (there[i] & (1 << k) ? sprintf("%s/%d_%d.txt", data, i, k) : "/dev/null") \
         using 1 : 2 with linespoints lw 2 pt 7 ps 0.45 lc rgb colour[k]
}
unset multiplot
