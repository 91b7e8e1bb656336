import re,sys
t=open(sys.argv[1]).read()
out=[]
for m in re.finditer(r'(/\* BITS \*/\s*)?/\*@(.*?)\*/\s*((?:[a-z][^;{]*?)?\b(\w+)\([^;]*\));', t, re.S):
    if 'requires' in m.group(2) or 'assigns' in m.group(2):
        if not m.group(1): out.append(m.group(4))
print(','.join(out))
